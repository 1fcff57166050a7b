"""Open data of compounds, enterprises, subsidies and flags."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from redprop.common.matching.places import to_gcj02
from redprop.public.open_table import (
    DATE,
    INTEGER,
    LIST,
    NUMBER,
    STRING,
    Field,
    Row,
    Table,
    period_field,
    uscc_field,
)
from redprop.public.results import Results


def registers() -> tuple[Table, ...]:
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
            uscc_field(),
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
                uscc_field(),
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
            *(
                uscc_field(),
                Field("name", STRING, _("Name (as registered)")),
                Field("kind", STRING, _("Kind")),
            ),
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
            *(Field("enterprise", STRING, _("Enterprise")), uscc_field(), Field("since", DATE, _("Since"))),
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


def money() -> tuple[Table, ...]:
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
            period_field(),
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


def flags() -> Table:
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
            uscc_field(),
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
