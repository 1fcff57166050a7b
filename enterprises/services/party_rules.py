"""The district's rules of party organisations as of a day, and the checks of what is entered."""

import datetime as dt
from dataclasses import fields
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from enterprises.models import PartyCoverage, PartyOrganisation, PartyRule, PartyTerm, TeamStandard
from enterprises.party_checks import (
    Breach,
    Numbers,
    Standing,
    add_months,
    breaches,
    hard,
    propose_form,
    term_years,
)
from redprop.accounts.clock import business_today
from redprop.areas.models import District
from redprop.common.errors import Refused

SAMPLE_TEAM: tuple[tuple[str, int, str], ...] = (
    ("branch", 0, "secretary"),
    ("branch", 7, "organisation_member"),
    ("branch", 7, "publicity_member"),
    ("joint_branch", 0, "secretary"),
    ("joint_branch", 7, "organisation_member"),
    ("joint_branch", 7, "publicity_member"),
    ("general_branch", 0, "secretary"),
    ("general_branch", 0, "organisation_member"),
    ("general_branch", 0, "publicity_member"),
    ("committee", 0, "secretary"),
    ("committee", 0, "organisation_member"),
    ("committee", 0, "publicity_member"),
    ("", 0, "adviser"),
)
"""Type, from how many full members on, post: the sample where the district has entered no standard."""


def numbers_on(district: District, day: dt.date) -> Numbers:
    """The parameters in force on the day (one query); the sample without any row."""
    rule = PartyRule.objects.on(day).filter(district=district).first()
    return numbers_of(rule) if rule else Numbers()


def numbers_of(rule: PartyRule) -> Numbers:
    """The parameters of a rule as the pure checks take them."""
    return Numbers(**{one.name: getattr(rule, one.name) for one in fields(Numbers)})


def team_on(district: District, day: dt.date) -> list[tuple[str, int, str]]:
    """Type, from how many full members on, post: the standard of the day (one query), or the sample."""
    rows = TeamStandard.objects.on(day).filter(district=district)
    found = list(rows.values_list("kind", "members_from", "post"))
    return found or list(SAMPLE_TEAM)


def standing_of(organisation: PartyOrganisation, day: dt.date) -> Standing:
    """The organisation on the day, as the pure checks take it (four queries)."""
    count = organisation.counts.on(day).first()
    term = organisation.terms.on(day).first()
    units = (
        PartyCoverage.objects.on(day)
        .filter(organisation=organisation)
        .order_by()
        .values("enterprise")
        .distinct()
    )
    return Standing(
        organisation.form,
        organisation.kind,
        units.count(),
        count.full_members if count else None,
        count.probationary_members if count else 0,
        term.due_on if term else None,
        frozenset(organisation.posts.on(day).values_list("kind", flat=True)),
    )


def breaches_of(organisation: PartyOrganisation, day: dt.date) -> list[Breach]:
    """What is wrong with the organisation on the day (six queries)."""
    one = standing_of(organisation, day)
    labels = dict(organisation.posts.model.Kind.choices)
    team = [
        (post, str(labels[post]))
        for kind, least, post in team_on(organisation.district, day)
        if kind == one.kind and (one.full or 0) >= least
    ]
    return breaches(one, numbers_on(organisation.district, day), day, team)


def check_organisation(organisation: PartyOrganisation) -> None:
    """Refuse a type that does not fit the form, and dates out of order."""
    found = hard(breaches(Standing(organisation.form, organisation.kind, 1, 3), Numbers(), dt.date.max))
    if found and found.code == "kind-form":
        raise Refused(found.sentence, code=found.code, field="kind")
    if organisation.dissolved_on and organisation.dissolved_on < organisation.founded_on:
        raise Refused(
            _("It was dissolved before it was founded. Correct one of the two dates."),
            code="order",
            field="dissolved_on",
        )


def check_units(organisation: PartyOrganisation, spans: list[tuple[Any, dt.date, dt.date | None]]) -> None:
    """Refuse coverage by which the organisation would have too many enterprises on some day.

    `spans` are (enterprise, first day, last day) of all its coverage as it would be stored.
    """
    numbers = numbers_on(organisation.district, business_today(organisation.district))
    for day in {first for _enterprise, first, _last in spans}:
        units = {e for e, first, last in spans if first <= day and (last is None or day <= last)}
        found = hard(breaches(Standing(organisation.form, organisation.kind, len(units), 3), numbers, day))
        if found and found.code.endswith("-units"):
            raise Refused(
                found.sentence
                + " "
                + _("(%(organisation)s, from %(day)s)")
                % {"organisation": organisation.name, "day": day.isoformat()},
                code=found.code,
                field="enterprise",
            )


def check_term(term: PartyTerm) -> None:
    """Refuse a term that begins before the organisation, or lasts longer than the rule allows without approval."""
    organisation = term.organisation
    if term.valid_from < organisation.founded_on:
        raise Refused(
            _("The election is before the organisation was founded (%(day)s). Correct the date.")
            % {"day": organisation.founded_on.isoformat()},
            code="before-founding",
            field="valid_from",
        )
    years = term_years(organisation.kind, numbers_on(organisation.district, term.valid_from))
    latest = add_months(term.valid_from, years * 12)
    if term.ends_on > latest and not term.approval:
        raise Refused(
            _(
                "A term lasts %(years)s years, until %(day)s. Correct the day, or enter the document that allowed a longer one."
            )
            % {"years": years, "day": latest.isoformat()},
            code="term-too-long",
            field="ends_on",
        )


def elections_due(day: dt.date, *, late: bool = False) -> Q:
    """Condition on organisations: the next election is overdue, or due within the reminder of the district's rule."""
    months = dict(PartyRule.objects.on(day).values_list("district", "remind_months"))
    terms = PartyTerm.objects.on(day).filter(organisation=OuterRef("pk"))
    terms = terms.annotate(due=Coalesce(F("extended_to"), F("ends_on")))
    living = Q(dissolved_on__isnull=True) | Q(dissolved_on__gt=day)
    if late:
        return living & Q(Exists(terms.filter(due__lt=day)))
    sample = Q(Exists(terms.filter(due__gte=day, due__lte=add_months(day, Numbers().remind_months))))
    own = ~Q(district__in=list(months)) & sample
    for district, count in months.items():
        own |= Q(district=district) & Q(Exists(terms.filter(due__gte=day, due__lte=add_months(day, count))))
    return living & own


__all__ = [
    "breaches_of",
    "check_organisation",
    "check_term",
    "check_units",
    "elections_due",
    "numbers_of",
    "numbers_on",
    "propose_form",
    "standing_of",
    "team_on",
]
