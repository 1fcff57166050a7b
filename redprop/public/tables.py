"""The tables of the open data: fields, meaning, source and rows of each, taken from the same values as the pages.

What stands in no page stands in no table: names of persons are left out altogether, entries that were
withdrawn have no row except in `withdrawals`, which names nobody. Amounts and scores are decimal strings.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from redprop.common.matching.places import to_gcj02
from redprop.public import content
from redprop.public.results import FINALS, Results

Row = tuple[Any, ...]
STRING, INTEGER, NUMBER, DATE, LIST = "string", "integer", "number", "date", "array"


@dataclass(frozen=True)
class Field:
    """One column: its name in files and interface, its type, its title and what it means."""

    name: str
    type: str
    title: str
    meaning: str = ""
    unit: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table. `year` names the field by whose first four characters its files are also cut into years."""

    name: str
    title: str
    meaning: str
    source: str
    updated: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    rows: Callable[[Results], Iterable[Row]]
    filters: tuple[str, ...] = ()
    year: str = ""

    @property
    def names(self) -> list[str]:
        """The names of its fields, in order."""
        return [field.name for field in self.fields]


def tables() -> tuple[Table, ...]:
    """Return the tables, worded in the language that is active now."""
    return (_releases(), _entries(), _results(), _withdrawals(), *_registers(), *_money(), _flags())


def _code(title: str, meaning: str = "") -> tuple[str, str, str, str]:
    return ("code", STRING, title, meaning)


def _period() -> Field:
    return Field(
        "period",
        STRING,
        _("Period"),
        _("Month 2026-07, quarter 2026Q3, half-year 2026H1 or year 2026"),
    )


def _colour() -> Field:
    meaning = _(
        "red: red list; watch: key supervision; black: black list; undetermined: surveyed again; unlisted"
    )
    return Field("colour", STRING, _("Result"), meaning, choices=(*content.LISTED, content.UNLISTED))


def _uscc() -> Field:
    return Field(
        "uscc", STRING, _("Credit code"), _("Unified social credit code of the enterprise, 18 characters")
    )


def _releases() -> Table:
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
            _period(),
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


def _entries() -> Table:
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
            _period(),
            Field("kind", STRING, _("Kind"), _("notice, final, supplement or correction"), choices=_KINDS),
            Field("level", STRING, _("Level"), _("project or enterprise"), choices=("project", "enterprise")),
            Field("code", STRING, _("Code"), _("Own code of the project, or credit code of the enterprise")),
            Field("name", STRING, _("Name (as registered)"), _("As it was frozen with the release")),
            Field("enterprise", STRING, _("Enterprise")),
            _uscc(),
            _colour(),
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


def _results() -> Table:
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
            _period(),
            Field("project", STRING, _("Project"), _("Own code of the project")),
            Field("name", STRING, _("Name (as registered)")),
            Field("enterprise", STRING, _("Enterprise")),
            _uscc(),
            _colour(),
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


def _withdrawals() -> Table:
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
            _period(),
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


def _registers() -> tuple[Table, ...]:
    nightly, register = _("every night"), _("Registers of the district")
    compound = Field("compound", STRING, _("Compound"), _("Own code of the compound, see table compounds"))
    project = Field("project", STRING, _("Project"), _("Own code of the project"))
    compounds = Table(
        name="compounds",
        title=_("Compounds"),
        meaning=_(
            "Every compound in the register today: where it lies, its kind and class, and who serves it."
        ),
        source=register,
        updated=nightly,
        key=("code",),
        fields=(
            Field("code", STRING, _("Code"), _("Own code, never reused")),
            Field("name", STRING, _("Name (as registered)")),
            Field("subdistrict", STRING, _("Subdistrict")),
            Field(
                "subdistrict_code", STRING, _("Code of the subdistrict"), _("Official code of the division")
            ),
            Field("community", STRING, _("Community")),
            Field("address", STRING, _("Address")),
            Field("kind", STRING, _("Kind")),
            Field("compound_class", STRING, _("Class"), _("Of an old compound: class 1, 2 or 3")),
            Field("households", INTEGER, _("Households"), "", _("households")),
            Field("year_built", INTEGER, _("Year built")),
            Field("longitude", NUMBER, _("Longitude"), "WGS-84", _("degrees")),
            Field("latitude", NUMBER, _("Latitude"), "WGS-84", _("degrees")),
            Field(
                "longitude_gcj02",
                NUMBER,
                _("Longitude (GCJ-02)"),
                _("For maps on sale in China"),
                _("degrees"),
            ),
            Field(
                "latitude_gcj02", NUMBER, _("Latitude (GCJ-02)"), _("For maps on sale in China"), _("degrees")
            ),
            project,
            Field("enterprise", STRING, _("Enterprise"), _("Who serves it today")),
            _uscc(),
            Field("served_since", DATE, _("Since"), _("First day of the service that runs today")),
        ),
        rows=compounds_rows,
        filters=("subdistrict_code", "community", "project", "uscc"),
    )
    services = Table(
        name="services",
        title=_("Who served what, and when"),
        meaning=_("One row for each time in which one project served one compound."),
        source=register,
        updated=nightly,
        key=("compound", "project", "since"),
        fields=(
            *(compound, project, Field("project_name", STRING, _("Name of the project"))),
            *(
                Field("enterprise", STRING, _("Enterprise")),
                _uscc(),
                Field("kind", STRING, _("Kind of contract")),
            ),
            Field("since", DATE, _("Since")),
            Field("until", DATE, _("Until"), _("Last day; empty when it goes on")),
        ),
        rows=lambda results: (
            (c.code, s.project, s.project_name, s.enterprise, s.uscc, s.kind, s.since, s.until)
            for c in results.site.compounds
            for s in c.services
        ),
        filters=("compound", "project", "uscc"),
    )
    enterprises = Table(
        name="enterprises",
        title=_("Property enterprises"),
        meaning=_("Every enterprise registered in the district, with its work telephone."),
        source=register,
        updated=nightly,
        key=("uscc",),
        fields=(
            *(_uscc(), Field("name", STRING, _("Name (as registered)")), Field("kind", STRING, _("Kind"))),
            *(Field("address", STRING, _("Address")), Field("phone", STRING, _("Work telephone"))),
            Field("registered_from", DATE, _("In the register from")),
            Field("projects", INTEGER, _("Projects"), _("Projects that run today"), _("projects")),
        ),
        rows=lambda results: (
            (e.uscc, e.name, e.kind, e.address, e.phone, e.registered_from, len(e.projects))
            for e in results.site.enterprises
        ),
        filters=("kind",),
    )
    projects = Table(
        name="projects",
        title=_("Service projects"),
        meaning=_("Every service project that runs today, with the compounds it serves."),
        source=register,
        updated=nightly,
        key=("code",),
        fields=(
            *(
                Field("code", STRING, _("Code"), _("Own code, never reused")),
                Field("name", STRING, _("Name (as registered)")),
            ),
            *(Field("enterprise", STRING, _("Enterprise")), _uscc(), Field("since", DATE, _("Since"))),
            *(
                Field("phone", STRING, _("Work telephone")),
                Field("compounds", LIST, _("Compounds"), _("Their codes")),
            ),
        ),
        rows=lambda results: (
            (p.code, p.name, e.name, e.uscc, p.since, p.phone, [code for code, _name in p.compounds])
            for e in results.site.enterprises
            for p in e.projects
        ),
        filters=("uscc",),
    )
    moved = Table(
        name="moved-codes",
        title=_("Codes of compounds that lead on"),
        meaning=_("Compounds that were registered twice: the code given up, and the one that holds."),
        source=register,
        updated=nightly,
        key=("code",),
        fields=(
            Field("code", STRING, _("Code given up")),
            Field("name", STRING, _("Name (as registered)")),
            Field("to_code", STRING, _("Code that holds")),
            Field("to_name", STRING, _("Name that holds")),
        ),
        rows=lambda results: ((m.code, m.name, m.to_code, m.to_name) for m in results.site.moved),
    )
    return compounds, services, enterprises, projects, moved


def compounds_rows(results: Results) -> Iterator[Row]:
    """Yield the compounds by code."""
    today = results.site.today
    for c in results.site.compounds:
        now = next((s for s in c.services if s.until is None or s.until >= today), None)
        places = [f"{x:.5f}" for x in (*c.point, *to_gcj02(c.point))] if c.point else [None] * 4
        yield (
            *(
                c.code,
                c.name,
                c.subdistrict,
                c.subdistrict_code,
                c.community,
                c.address,
                c.kind,
                c.compound_class,
            ),
            *(c.households, c.year_built, *places),
            *((now.project, now.enterprise, now.uscc, now.since) if now else ("", "", "", None)),
        )


def _money() -> tuple[Table, ...]:
    book = _("Approved subsidy batches")
    after = _("after each approval, and every night")
    by_compound = Table(
        name="subsidies",
        title=_("Subsidies for compounds by year"),
        meaning=_("Public money that came to the service of a compound in a year."),
        source=book,
        updated=after,
        key=("year", "compound"),
        fields=(
            Field("year", STRING, _("Year")),
            Field("compound", STRING, _("Compound"), _("Own code of the compound, see table compounds")),
            Field("name", STRING, _("Name (as registered)")),
            Field("months", INTEGER, _("Months"), _("Months that the money is for"), _("months")),
            Field("approved", NUMBER, _("Approved"), _("Decimal string"), _("yuan")),
            Field("paid", NUMBER, _("Paid"), _("Decimal string; what the bank confirmed"), _("yuan")),
        ),
        rows=lambda results: sorted(
            (str(year), c.code, c.name, months, approved, paid)
            for c in results.site.compounds
            for year, months, approved, paid in c.received
        ),
        filters=("year", "compound"),
        year="year",
    )
    batches = Table(
        name="subsidy-batches",
        title=_("Subsidy batches"),
        meaning=_("Every approved batch: fund, period, number of payments and sum, also those to persons."),
        source=book,
        updated=after,
        key=("batch",),
        fields=(
            Field("batch", STRING, _("Batch"), _("Number of the batch")),
            Field("fund", STRING, _("Fund")),
            Field("document", STRING, _("Document"), _("Document number of the fund")),
            _period(),
            Field("approved_on", DATE, _("Approved on")),
            Field("payments", INTEGER, _("Payments"), "", _("payments")),
            Field("total", NUMBER, _("Sum"), _("Decimal string"), _("yuan")),
        ),
        rows=lambda results: (
            (b.number, b.fund, b.document, b.period, b.approved_on, b.payments, b.total)
            for b in results.site.batches
        ),
        filters=("period",),
        year="period",
    )
    return by_compound, batches


def _flags() -> Table:
    return Table(
        name="flags",
        title=_("Rotating red flags"),
        meaning=_("Every flag awarded: to which project, for what, and how it ended."),
        source=_("Decisions on rotating flags"),
        updated=_("after each decision, and every night"),
        key=("number",),
        fields=(
            Field("number", STRING, _("Number")),
            Field("period", STRING, _("Period"), _("In words")),
            Field("project", STRING, _("Project"), _("Own code of the project")),
            Field("name", STRING, _("Name (as registered)")),
            Field("enterprise", STRING, _("Enterprise")),
            _uscc(),
            Field("place", STRING, _("Place"), _("Where the flag is awarded: district or subdistrict")),
            Field("awarded_on", DATE, _("Awarded on")),
            Field("ended_on", DATE, _("Ended on")),
            Field("ended_by", STRING, _("How it ended")),
            Field("reason", STRING, _("Reason")),
            Field("compounds", LIST, _("Compounds"), _("Their codes")),
        ),
        rows=lambda results: (
            (
                *(
                    f.number,
                    f.period_label,
                    f.project,
                    f.project_name,
                    f.enterprise,
                    f.uscc,
                    f.where,
                    f.awarded_on,
                ),
                *(f.ended_on, f.how, f.reason, [code for code, _name in f.compounds]),
            )
            for f in results.site.flags
        ),
        filters=("project", "uscc"),
    )


__all__ = ["FINALS", "Field", "Table", "tables", "withdrawn"]
