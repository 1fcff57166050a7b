"""A firm's page of its graduates: who was in post on the 15th, and the evidence that is still missing."""

import datetime as dt
from decimal import Decimal, InvalidOperation

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from enterprises.models import Enterprise, HireEvidence, InPostMonth
from enterprises.services.in_post import InPost, confirm_month, employed_graduates, give_evidence
from evaluations.subsidies.missing import missing_evidence
from evaluations.talent_pay import floors_on
from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind
from redprop.core.models import Person
from redprop.desk.held import held
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, carry_out, desk_page, show

MONTHS_SHOWN = 6
MOST_PAY = Decimal(1_000_000)


def _firm(desk: Desk, pk: int | str | None) -> Enterprise:
    """The enterprise chosen, of those whose contact the user is; without a choice the first."""
    found = [firm for firm in desk.enterprises if not pk or str(firm.pk) == str(pk)]
    if not found:
        raise Http404
    return found[0]


def _month(desk: Desk, text: str) -> Period:
    """The month chosen; without one, the last whose 15th has come."""
    if text:
        try:
            found = Period.parse(text)
        except Refused:
            raise Http404 from None
        if found.kind != PeriodKind.MONTH:
            raise Http404
        return found
    this_month = Period.of(PeriodKind.MONTH, desk.today)
    return this_month if desk.today.day >= 15 else this_month.shift(-1)


def _floors(desk: Desk, day: dt.date) -> dict[str, Decimal]:
    """The guidance on pay by degree, from the rule in force."""
    return floors_on(desk.district, day) if desk.district is not None else {}


def _floor_of(floors: dict[str, Decimal], degree: str) -> Decimal | None:
    return floors.get(degree, floors.get(""))


def _require_reasons(desk: Desk, said: list[InPost], people: list[Person], day: dt.date) -> None:
    """Refuse a pay below the guidance that nothing is said about: the check is answered where it is seen."""
    floors, degrees = _floors(desk, day), dict(firm_degrees(people))
    names = {person.pk: person.name for person in people}
    for row in said:
        floor = _floor_of(floors, degrees.get(row.person_id, ""))
        if row.in_post and row.pay is not None and floor is not None and row.pay < floor and not row.note:
            raise Refused(
                _(
                    "%(person)s: %(pay)s yuan is below the guidance of %(floor)s. Correct the amount, or say why in the remark (such as a part of the month)."
                )
                % {"person": names[row.person_id], "pay": row.pay, "floor": floor},
                code="below-guidance",
                field=f"note_{row.person_id}",
            )


def _rows(desk: Desk, firm: Enterprise, month: Period, typed: QueryDict | None) -> list[dict[str, object]]:
    people = employed_graduates(firm, month.start)
    said = {row.person_id: row for row in InPostMonth.objects.filter(enterprise=firm, month=month.start)}
    earlier: dict[int, Decimal | None] = dict(
        InPostMonth.objects.filter(enterprise=firm, month__lt=month.start, person__in=people)
        .order_by("month")
        .values_list("person", "pay")
    )
    degrees = dict(firm_degrees(people))
    floors = _floors(desk, month.start.replace(day=15))
    found = []
    for person in people:
        row = said.get(person.pk)
        pay = row.pay if row else earlier.get(person.pk)
        floor = _floor_of(floors, degrees.get(person.pk, ""))
        values = {
            "in_post": row.in_post if row else True,
            "left_on": f"{row.left_on:%Y-%m-%d}" if row and row.left_on else "",
            "pay": "" if pay is None else f"{pay:f}",
            "note": row.note if row else "",
        }
        if typed is not None:
            values = {
                "in_post": f"in_post_{person.pk}" in typed,
                **{name: typed.get(f"{name}_{person.pk}", "") for name in ("left_on", "pay", "note")},
            }
        found.append(
            {
                "person": person,
                "values": values,
                "floor": floor,
                "low": bool(floor is not None and pay is not None and pay < floor),
            }
        )
    return found


def firm_degrees(people: list[Person]) -> list[tuple[int, str]]:
    """Return person and degree (one query)."""
    return list(
        Person.objects.filter(pk__in=[person.pk for person in people]).values_list("pk", "graduate__degree")
    )


@desk_list("in-post")
def in_post_list(desk: Desk, query: QueryDict) -> DeskList:
    """What the firm confirmed, newest month first."""
    firm = _firm(desk, query.get("firm"))
    return DeskList(
        _("Months in post"),
        InPostMonth.objects.filter(enterprise=firm)
        .select_related("person", "enterprise")
        .order_by("-month", "person__pinyin"),
        [
            (_("Month"), lambda row: f"{row.month:%Y-%m}"),
            (_("Person"), "person"),
            (_("In post"), lambda row: _("yes") if row.in_post else _("no")),
            (_("Last day"), "left_on"),
            (_("Monthly pay (yuan)"), "pay"),
            (_("Remark"), "note"),
        ],
        filters=[(_("Enterprise"), firm.name)],
    )


@desk_page
def page(request: HttpRequest, firm: int | None = None, month: str = "") -> HttpResponse:
    """One month of one firm: everybody ticked, only changes typed."""
    desk = request.desk
    enterprise, period = _firm(desk, firm), _month(desk, month)
    typed, _about = held(request)
    rows = _rows(desk, enterprise, period, typed)
    this_month = Period.of(PeriodKind.MONTH, desk.today)
    confirmed = (
        InPostMonth.objects.filter(enterprise=enterprise, month=period.start).order_by("recorded_at").last()
    )
    return show(
        request,
        "desk/in_post.html",
        {
            "firm": enterprise,
            "month": period,
            "day": period.start.replace(day=15),
            "rows": rows,
            "months": [this_month.shift(-back) for back in range(MONTHS_SHOWN)],
            "confirmed": confirmed,
            "may": period.start.replace(day=15) <= desk.today,
            "lacking": missing_evidence([enterprise.pk], desk.today),
        },
    )


@require_POST
@desk_page
def confirm(request: HttpRequest, firm: int, month: str) -> HttpResponse:
    """Record the month as ticked."""
    desk = request.desk
    enterprise, period = _firm(desk, firm), _month(desk, month)
    back = reverse("desk:in-post-month", args=[enterprise.pk, str(period)])

    def act() -> None:
        people = employed_graduates(enterprise, period.start)
        rows = [_said(request.POST, person) for person in people]
        _require_reasons(desk, rows, people, period.start.replace(day=15))
        confirm_month(enterprise=enterprise, month=period.start, rows=rows, acting_user=request.user)

    return carry_out(request, act, _("%(month)s is confirmed.") % {"month": period}, back, holding="in-post")


def _said(data: QueryDict, person: Person) -> InPost:
    left, pay = data.get(f"left_on_{person.pk}", "").strip(), data.get(f"pay_{person.pk}", "").strip()
    return InPost(
        person_id=person.pk,
        in_post=f"in_post_{person.pk}" in data,
        left_on=_day(left, person),
        pay=_pay(pay, person),
        note=data.get(f"note_{person.pk}", "").strip(),
    )


def _day(text: str, person: Person | None = None) -> dt.date | None:
    if not text:
        return None
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise Refused(
            _("%(person)s: “%(text)s” is no date. Write it as 2026-10-20.")
            % {"person": person or "", "text": text[:20]},
            code="date",
        )
    return found


def _pay(text: str, person: Person) -> Decimal | None:
    if not text:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or not 0 < found < MOST_PAY or found != round(found, 2):
        raise Refused(
            _(
                "%(person)s: “%(text)s” cannot be read as an amount. Write digits, such as 4200 or 4200.50; nothing is guessed."
            )
            % {"person": person, "text": text[:20]},
            code="amount",
        )
    return found


@desk_page
def evidence(request: HttpRequest, firm: int) -> HttpResponse:
    """The one list of what is missing, with a form for each piece, and what was given."""
    desk = request.desk
    enterprise = _firm(desk, firm)
    given = (
        HireEvidence.objects.filter(enterprise=enterprise)
        .select_related("person")
        .order_by("-recorded_at", "-pk")[:50]
    )
    return show(
        request,
        "desk/evidence.html",
        {
            "firm": enterprise,
            "lacking": missing_evidence([enterprise.pk], desk.today),
            "given": given,
        },
    )


@require_POST
@desk_page
def add(request: HttpRequest, firm: int) -> HttpResponse:
    """Give one piece of evidence."""
    desk = request.desk
    enterprise = _firm(desk, firm)
    back = reverse("desk:evidence", args=[enterprise.pk])
    kind = request.POST.get("kind", "")
    person = Person.objects.filter(
        posts__enterprise=enterprise,
        pk=request.POST.get("person") if request.POST.get("person", "").isdigit() else 0,
    ).first()
    if person is None or kind not in HireEvidence.Kind.values:
        raise Http404

    def act() -> None:
        give_evidence(
            enterprise=enterprise,
            person=person,
            kind=kind,
            valid_from=_day(request.POST.get("valid_from", "").strip()),
            valid_to=_day(request.POST.get("valid_to", "").strip()),
            back_paid="back_paid" in request.POST,
            upload=request.FILES.get("scan"),
            note=request.POST.get("note", "").strip(),
            acting_user=request.user,
        )

    return carry_out(request, act, _("Sent. The finance maker checks it."), back)
