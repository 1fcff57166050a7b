"""Open data of the releases: the releases themselves, their entries, all results, and what was withdrawn."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from redprop.public import content
from redprop.public.open_table import (
    DATE,
    INTEGER,
    LIST,
    NUMBER,
    STRING,
    Field,
    Row,
    Table,
    colour_field,
    period_field,
    uscc_field,
)
from redprop.public.results import Results


def releases() -> Table:
    return Table(
        name="releases",
        title=_("Releases of the red and black list"),
        meaning=_(
            "Every notice, final list, supplement and correction, with its place in the chain of digests."
        ),
        source=_("Frozen releases of the district"),
        updated=_("with each release"),
        key=("sequence",),
        fields=(
            Field(
                "sequence", INTEGER, _("Number in the chain"), _("1, 2, 3 … without a gap in this district")
            ),
            period_field(),
            Field("kind", STRING, _("Kind"), _("notice, final, supplement or correction"), choices=_KINDS),
            Field("number", INTEGER, _("Number"), _("Counts the releases of one kind in one period")),
            Field("path", STRING, _("Address"), _("Permanent address of the page on this site")),
            Field("index_number", STRING, _("Index number"), _("Index number of the official publication")),
            Field("issuer", STRING, _("Issuer")),
            Field("published_on", DATE, _("Published on")),
            Field("window_from", DATE, _("Objections from"), _("Of a notice: first day of its window")),
            Field("window_to", DATE, _("Objections until"), _("Of a notice: last day of its window")),
            Field("ranked", INTEGER, _("Ranked projects"), _("N of the list rule"), _("projects")),
            *(
                Field(
                    colour, INTEGER, title, _("Number published, also those no longer named"), _("projects")
                )
                for colour, title in (
                    (content.RED, _("Red list")),
                    (content.WATCH, _("Key supervision")),
                    (content.BLACK, _("Black list")),
                    (content.UNDETERMINED, _("Undetermined")),
                )
            ),
            Field("withdrawn", INTEGER, _("Withdrawn"), _("Entries whose display has ended"), _("entries")),
            Field("digest", STRING, _("Digest"), _("SHA-256 of the manifest, 64 hexadecimal characters")),
            Field(
                "previous_digest",
                STRING,
                _("Digest before"),
                _("Digest of the preceding release in the chain"),
            ),
            Field("bundle", STRING, _("Bundle"), _("Address of the ZIP from which everything recomputes")),
            Field("note", STRING, _("Remark"), _("Of a correction: what and why")),
        ),
        rows=releases_rows,
        filters=("period", "kind"),
        year="period",
    )


_KINDS = (content.NOTICE, content.FINAL, content.SUPPLEMENT, content.CORRECTION)


def releases_rows(results: Results) -> Iterator[Row]:
    """Yield the releases, newest first."""
    for r in results.site.releases:
        counts = [results.count(r, colour) for colour in _COUNTED]
        yield (
            *(r.sequence, r.period, r.kind, r.number, r.path, r.index_number, r.issuer, r.published_on),
            *(
                r.window_from if r.is_notice else None,
                r.window_to if r.is_notice else None,
                r.ranked,
                *counts,
            ),
            *(
                len(withdrawn(r)),
                r.digest,
                r.previous_digest,
                f"{r.path}bundle.zip" if r.has_bundle else "",
                r.note,
            ),
        )


_COUNTED = (content.RED, content.WATCH, content.BLACK, content.UNDETERMINED)


def withdrawn(release: content.Release) -> list[tuple[str, content.Entry]]:
    """Return the entries of a release that are no longer named, with their level."""
    levels = (("project", release.entries), ("enterprise", release.enterprises))
    return [(level, e) for level, entries in levels for e in entries if e.colour == content.WITHDRAWN]


def entries() -> Table:
    return Table(
        name="entries",
        title=_("Entries of the lists"),
        meaning=_(
            "Who stands on which list, with total, rank, reasons in words and the firm's reply; one row for each release."
        ),
        source=_("Frozen entries of the releases"),
        updated=_("with each release, correction or withdrawal"),
        key=("sequence", "level", "code"),
        fields=(
            Field("sequence", INTEGER, _("Number in the chain"), _("The release, see table releases")),
            period_field(),
            Field("kind", STRING, _("Kind"), _("notice, final, supplement or correction"), choices=_KINDS),
            Field("level", STRING, _("Level"), _("project or enterprise"), choices=("project", "enterprise")),
            Field("code", STRING, _("Code"), _("Own code of the project, or credit code of the enterprise")),
            Field("name", STRING, _("Name (as registered)"), _("As it was frozen with the release")),
            Field("enterprise", STRING, _("Enterprise")),
            uscc_field(),
            colour_field(),
            Field("rank", INTEGER, _("Rank"), _("1, 2, 2, 4 within its group; empty when not ranked")),
            Field("total", NUMBER, _("Total score"), _("Decimal string"), _("points")),
            Field("band", STRING, _("Band")),
            Field("reasons", LIST, _("Reasons"), _("Why it stands on the list, in words")),
            Field("reply", STRING, _("Reply of the enterprise")),
            Field("compounds", LIST, _("Compounds"), _("Codes of the compounds that the project served")),
        ),
        rows=entries_rows,
        filters=("period", "kind", "level", "colour", "code", "uscc", "sequence"),
        year="period",
    )


def entries_rows(results: Results) -> Iterator[Row]:
    """Yield the named entries, newest release first, best rank first."""
    for release in results.site.releases:
        firms = [e for e in release.enterprises if e.colour in content.NAMED]
        projects = [e for colour in content.NAMED for e in release.of_colour(colour)]
        for level, entries in (("project", projects), ("enterprise", firms)):
            for e in entries:
                yield (
                    *(release.sequence, release.period, release.kind, level),
                    *(e.key if level == "project" else e.uscc, e.name or e.enterprise, e.enterprise, e.uscc),
                    *(e.colour, e.rank, e.total, e.band, [str(reason) for reason in e.reasons], e.reply),
                    [code for code, _name in e.compounds],
                )


def results() -> Table:
    return Table(
        name="results",
        title=_("Results of all projects by period"),
        meaning=_(
            "The final result of every scored project: a supplement or correction takes the place of the list."
        ),
        source=_("Frozen entries of the final lists"),
        updated=_("with each release, correction or withdrawal"),
        key=("period", "project"),
        fields=(
            period_field(),
            Field("project", STRING, _("Project"), _("Own code of the project")),
            Field("name", STRING, _("Name (as registered)")),
            Field("enterprise", STRING, _("Enterprise")),
            uscc_field(),
            colour_field(),
            Field("rank", INTEGER, _("Rank")),
            Field(
                "total",
                NUMBER,
                _("Total score"),
                _("Decimal string; empty without a complete score"),
                _("points"),
            ),
            Field("sequence", INTEGER, _("Number in the chain"), _("The release that has the last word")),
            Field("compounds", LIST, _("Compounds"), _("Codes of the compounds that the project served")),
        ),
        rows=results_rows,
        filters=("period", "project", "uscc", "colour"),
        year="period",
    )


def results_rows(results: Results) -> Iterator[Row]:
    """Yield the final results, newest period first, by project."""
    for period, found in results.results.items():
        for _key, (release, e) in sorted(found.items()):
            if e.colour != content.WITHDRAWN:
                compounds = [code for code, _name in e.compounds]
                yield (
                    period,
                    e.key,
                    e.name,
                    e.enterprise,
                    e.uscc,
                    e.colour,
                    e.rank,
                    e.total,
                    release.sequence,
                    compounds,
                )


def withdrawals() -> Table:
    return Table(
        name="withdrawals",
        title=_("Withdrawals"),
        meaning=_(
            "Entries whose display has ended. They keep the pseudonym under which the bundle still recomputes, and no name. Whoever keeps a copy of our data removes these names too."
        ),
        source=_("Frozen entries of the releases"),
        updated=_("with each withdrawal"),
        key=("sequence", "pseudonym"),
        fields=(
            Field("sequence", INTEGER, _("Number in the chain"), _("The release, see table releases")),
            period_field(),
            Field("kind", STRING, _("Kind"), _("notice, final, supplement or correction"), choices=_KINDS),
            Field("level", STRING, _("Level"), _("project or enterprise"), choices=("project", "enterprise")),
            Field("pseudonym", STRING, _("Pseudonym"), _("As in the release's bundle")),
        ),
        rows=lambda results: (
            (r.sequence, r.period, r.kind, level, entry.key)
            for r in results.site.releases
            for level, entry in withdrawn(r)
        ),
        filters=("period", "sequence"),
    )
