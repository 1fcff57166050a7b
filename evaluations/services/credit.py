"""The credit ledger: events recorded and ended, the standing of an enterprise on any day.

Points of branches count for the head company (by its unified social credit code), whose grade is theirs.
"""

import datetime as dt
from collections.abc import Iterable

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _

from enterprises.models import Enterprise, Post, ServiceProject
from evaluations.credit.grading import Event, Standing, standing_on
from evaluations.credit.schemes import Condition, Grade, Part, Scheme
from evaluations.models import CreditEvent, CreditEventEnd, CreditScheme, ListEntry, Release
from evaluations.services.access import require_role
from evaluations.services.freezing import OFFICIAL_LANGUAGE
from evaluations.services.releases import FINAL_KINDS
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.core.models import Person

KEEPERS = (Role.EVALUATOR,)

MOST_MONTHS = {
    CreditEvent.Severity.MINOR: 3,
    CreditEvent.Severity.ORDINARY: 12,
    CreditEvent.Severity.SERIOUS: 36,
}
"""How long bad information of a severity may count at most (国办发〔2025〕22号)."""


def scheme_value(scheme: CreditScheme) -> Scheme:
    """Return the scheme as the value that grades (one query for its grades)."""
    caps = {Part.BASIC: scheme.basic_cap, Part.GOOD: scheme.good_cap}
    return Scheme(
        code=scheme.code,
        start=scheme.start,
        caps={part: cap for part, cap in caps.items() if cap is not None},
        bad_adds=scheme.bad_adds,
        calendar_year=scheme.calendar_year,
        term_months=scheme.term_months,
        quantum=scheme.quantum,
        grades=tuple(
            Grade(
                name=grade.name,
                lower=grade.lower,
                lower_included=grade.lower_included,
                upper=grade.upper,
                upper_included=grade.upper_included,
                condition=Condition(grade.condition),
                on_veto=grade.on_veto,
                title=grade.note,
            )
            for grade in scheme.grades.all()
        ),
    )


def scheme_on(district: District, day: dt.date) -> CreditScheme:
    """Return the district's scheme in force on the day; the newest when there are several. Raises Refused."""
    found = (
        CreditScheme.objects.filter(district=district, valid_from__lte=day)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
        .order_by("-valid_from", "-pk")
        .prefetch_related("grades")
        .first()
    )
    if found is None:
        raise Refused(
            _("No credit scheme is in force on %(day)s. Record one with its document first.") % {"day": day},
            code="no-scheme",
        )
    return found


def standings(
    *,
    enterprises: Iterable[Enterprise],
    scheme: CreditScheme,
    day: dt.date,
    known_at: dt.datetime | None = None,
) -> dict[int, Standing]:
    """Return enterprise id → standing on the day (two queries for any number of enterprises).

    `known_at`: only what had been recorded by then, so that an issued report can be recomputed.
    """
    heads = {enterprise.pk: enterprise.head_id or enterprise.pk for enterprise in enterprises}
    value = scheme_value(scheme)
    ledger: dict[int, list[Event]] = {head: [] for head in heads.values()}
    rows = (
        CreditEvent.objects.filter(scheme=scheme, person__isnull=True, starts_on__lte=day)
        .annotate(
            rated=Coalesce("enterprise__head", "enterprise"),
            ended=F("end__ended_on"),
            told=F("end__recorded_at"),
        )
        .filter(rated__in=ledger)
    )
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    for row in rows:
        ledger[row.rated].append(_event(row, row.ended if _known(row.told, known_at) else None))
    computed = {head: standing_on(day, value, events) for head, events in ledger.items()}
    return {pk: computed[head] for pk, head in heads.items()}


def standing_of_manager(*, person: Person, scheme: CreditScheme, day: dt.date) -> Standing:
    """Return a manager's own standing: the ledger of managers is kept apart."""
    rows = CreditEvent.objects.filter(scheme=scheme, person=person, starts_on__lte=day).annotate(
        ended=F("end__ended_on")
    )
    return standing_on(day, scheme_value(scheme), [_event(row, row.ended) for row in rows])


def _known(told: dt.datetime | None, known_at: dt.datetime | None) -> bool:
    return told is not None and (known_at is None or told <= known_at)


def _event(row: CreditEvent, ended_on: dt.date | None) -> Event:
    return Event(
        key=row.number,
        part=Part(row.part),
        points=row.points,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        ended_on=ended_on,
        serious=row.part == CreditEvent.Part.BAD and row.severity == CreditEvent.Severity.SERIOUS,
        vetoes=row.vetoes,
    )


def check_credit_event(event: CreditEvent) -> None:
    """Raise Refused when the event breaks a rule that its constraints cannot say in a sentence."""
    for name in ("title", "evidence", "article"):
        refuse_personal_numbers(getattr(event, name), field=event._meta.get_field(name).verbose_name)
    if event.happened_on and event.happened_on > business_today(event.district):
        raise Refused(_("This day is still to come. Check the date."), code="future", field="happened_on")
    if event.part != CreditEvent.Part.BAD or not event.severity or not event.starts_on:
        return
    last = event.starts_on + relativedelta(months=MOST_MONTHS[CreditEvent.Severity(event.severity)])
    if event.ends_on is None or event.ends_on >= last:
        raise Refused(
            _(
                "Bad information that is “%(severity)s” counts until %(day)s at the latest. Enter that day or an earlier one."
            )
            % {"severity": event.get_severity_display(), "day": last - dt.timedelta(days=1)},
            code="too-long",
            field="ends_on",
        )


def manager_on(*, project: ServiceProject | None, day: dt.date) -> Person:
    """Return the project's manager on the day. Raises Refused when it had none or no project is named."""
    post = project and (
        Post.objects.on(day)
        .filter(project=project, kind=Post.Kind.PROJECT_MANAGER)
        .select_related("person")
        .first()
    )
    if post is None:
        raise Refused(
            _(
                "The project had no manager in post on that day. Choose the project, or record the event for the enterprise."
            ),
            code="no-manager",
            field="project",
        )
    return post.person


def record_credit_event(*, event: CreditEvent, acting_user: User | None) -> CreditEvent:
    """Save a new event with its number. Raises Refused when it breaks a rule."""
    require_role(acting_user, event.district, *KEEPERS)
    check_credit_event(event)
    with transaction.atomic(), acting(acting_user, "record credit event"):
        District.objects.select_for_update().get(pk=event.district_id)
        event.recorded_at = business_now(event.district)
        event.recorded_by = str(acting_user or "")
        event.number = event.number or _next_number(event.district, event.recorded_at)
        event.full_clean()
        event.save(force_insert=True)
    return event


def _next_number(district: District, now: dt.datetime) -> str:
    prefix = f"XY{now:%Y}-{district.code}-"
    taken = CreditEvent.objects.filter(district=district, number__startswith=prefix).count()
    return f"{prefix}{taken + 1:05d}"


def end_credit_event(
    *, event: CreditEvent, reason: str, evidence: str, ended_on: dt.date, acting_user: User
) -> CreditEventEnd:
    """End an event before its term. Raises Refused when it was ended, without evidence, or for a day before it began."""
    require_role(acting_user, event.district, *KEEPERS)
    evidence = evidence.strip()
    if not evidence:
        raise Refused(
            _("Say what shows that the event no longer counts."), code="evidence-missing", field="evidence"
        )
    refuse_personal_numbers(evidence, field=_("evidence"))
    with transaction.atomic(), acting(acting_user, "end credit event"):
        event = CreditEvent.objects.select_for_update(of=("self",)).get(pk=event.pk)
        if CreditEventEnd.objects.filter(event=event).exists():
            raise Refused(_("%(event)s was already ended.") % {"event": event}, code="ended")
        if not event.starts_on <= ended_on <= business_today(event.district):
            raise Refused(
                _("The day lies before the event began or is still to come. Check the date."),
                code="out-of-order",
                field="ended_on",
            )
        return CreditEventEnd.objects.create(
            event=event,
            reason=reason,
            evidence=evidence,
            ended_on=ended_on,
            recorded_at=business_now(event.district),
            recorded_by=str(acting_user),
        )


RELEASE_PARTS = {"red": CreditEvent.Part.GOOD, "black": CreditEvent.Part.BAD}
"""What a final quarter list gives; how many points and for how long the scheme says. Watch and undetermined give none."""


def _number_of(release: Release, project: ServiceProject) -> str:
    """Return the event's number; that of a correction also names its release, the first one keeps its number."""
    number = f"XYB{release.period.code}-{project.code}"
    return f"{number}-{release.sequence}" if release.kind == Release.Kind.CORRECTION else number


def record_release_events(*, release: Release, acting_user: User | None) -> int:
    """Give each red and black project of a final quarter list its event; how many are new. Safe to run twice.

    A half-year or a year makes none: its quarters have counted (design section 7).
    """
    if release.kind not in FINAL_KINDS or "Q" not in release.period.code:
        return 0
    day = business_today(release.district)
    try:
        scheme = scheme_on(release.district, day)
    except Refused:
        return 0
    with (
        translation.override(OFFICIAL_LANGUAGE),
        transaction.atomic(),
        acting(acting_user, f"credit of {release.period.code}"),
    ):
        District.objects.select_for_update().get(pk=release.district_id)
        known = set(
            CreditEvent.objects.filter(
                release_entry__release__period=release.period, scheme=scheme
            ).values_list("release_entry__entry", flat=True)
        )
        entries = release.entries.filter(level="project", colour__in=RELEASE_PARTS).select_related(
            "entry__project"
        )
        rows = []
        for published in entries:
            if published.entry_id in known:
                continue
            part = RELEASE_PARTS[published.colour]
            bad = part == CreditEvent.Part.BAD
            points = scheme.black_points if bad else scheme.red_points
            if not points:
                continue
            rows.append(
                CreditEvent(
                    district=release.district,
                    number=_number_of(release, published.entry.project),
                    scheme=scheme,
                    enterprise_id=published.entry.enterprise_id,
                    project_id=published.entry.project_id,
                    part=part,
                    points=points,
                    title=_("%(period)s: on the black list") % {"period": release.period.code}
                    if bad
                    else _("%(period)s: on the red list") % {"period": release.period.code},
                    article=release.period.rubric.document,
                    evidence=release.index_number if bad else "",
                    severity=CreditEvent.Severity.ORDINARY if bad else "",
                    happened_on=day,
                    starts_on=day,
                    ends_on=day + relativedelta(months=scheme.list_months) - dt.timedelta(days=1),
                    source=CreditEvent.Source.RELEASE,
                    release_entry=published,
                    recorded_at=business_now(release.district),
                    recorded_by=str(acting_user or ""),
                )
            )
        return len(CreditEvent.objects.bulk_create(rows))


def end_events_of_entry(*, entry: ListEntry, reason: str, evidence: str, acting_user: User | None) -> int:
    """End what a published entry gave in the ledger, from today on; returns how many events. Safe to run twice.

    The caller has decided that the entry is repaired or withdrawn and opened the transaction and the audit context.
    """
    district = entry.period.district
    today, now = business_today(district), business_now(district)
    events = CreditEvent.objects.filter(release_entry__entry=entry, end__isnull=True)
    rows = [
        CreditEventEnd(
            event=event,
            reason=reason,
            evidence=evidence,
            ended_on=max(today, event.starts_on),
            recorded_at=now,
            recorded_by=str(acting_user or ""),
        )
        for event in events
    ]
    return len(CreditEventEnd.objects.bulk_create(rows))
