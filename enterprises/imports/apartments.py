"""Registers `apartments` and `apartment-leases`: the units, and who lives in them since when."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enterprises.apartment_rules import Span, Unit, fault_of_lease
from enterprises.imports.posts import FROM, PERSON, PERSON_NAME
from enterprises.models import ApartmentLease, ApartmentPause, Post, TalentApartment
from enterprises.services.apartments import terms_on
from redprop.areas.imports import community_reference
from redprop.common.tabular import kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import by_paths, scoped

apartment_rows = scoped(TalentApartment)


def _own(context: Context, instance: Any) -> None:
    instance.district_id = context.district.pk


def _check_units(context: Context, plan: Plan) -> None:
    """Each address once, in the file and in the register (one query)."""
    saving.refuse_out_of_order(plan, "available_from", "withdrawn_on")
    taken = dict(apartment_rows(saving.of_system(context)).values_list("address", "pk"))
    first: dict[str, int] = {}
    for row in plan.good():
        address = plan.value(row, "address")
        if not address:
            continue
        if taken.get(address, row.pk) != row.pk or address in first:
            plan.refuse(
                row,
                "address",
                _(
                    "A unit with this address is already in the register. Open that one, or add the room number."
                ),
            )
        first.setdefault(address, row.number)
        rent, market = plan.value(row, "rent"), plan.value(row, "market_rent")
        if rent is not None and market is not None and market < rent:
            plan.refuse(row, "market_rent", _("The market rent is below the rent. Correct one of the two."))


register(
    Register(
        name="apartments",
        title=gettext_lazy("talent apartments"),
        model=TalentApartment,
        key=("code",),
        rows=apartment_rows,
        order=("code",),
        prepare=_own,
        check=_check_units,
        columns=(
            Column(
                "code",
                "房源编号",
                kinds.Code(longest=20),
                ("编号", "房号"),
                required=True,
                example="GY0001",
            ),
            Column(
                "community",
                "社区代码",
                community_reference(),
                ("社区", "社区名称"),
                required=True,
                attr="community_id",
                shown="community__code",
                help="房源须在本区：填所在社区的代码或名称",
                example="420102002003",
            ),
            Column(
                "address",
                "地址",
                kinds.Text(longest=200),
                ("房源地址", "详细地址"),
                required=True,
                example="示范路1号3栋2单元501室",
            ),
            Column(
                "rooms", "室数", kinds.Integer(units=("室", "间")), ("房间数",), required=True, example="1"
            ),
            Column(
                "floor_area",
                "面积（㎡）",
                kinds.Number(least=0, places=2),
                ("建筑面积", "面积"),
                example="42.50",
            ),
            Column(
                "rent",
                "月租金（元）",
                kinds.Money(least=0, most=10**5),
                ("月租金", "租金"),
                required=True,
                example="800.00",
            ),
            Column(
                "market_rent",
                "市场月租金（元）",
                kinds.Money(least=0, most=10**5),
                ("市场租金",),
                help="首租期满后按此计租；不填按原租金",
                example="1500.00",
            ),
            Column(
                "available_from", "启用日期", kinds.Date(), ("投用日期",), required=True, example="2024-01-01"
            ),
            Column("withdrawn_on", "停用日期", kinds.Date(end=True), ("退出日期",), help="仍在使用的留空"),
        ),
    )
)


def _check_leases(context: Context, plan: Plan) -> None:
    """Nobody and no unit twice on one day; in post on the first day; no longer than the term (five queries)."""
    saving.refuse_out_of_order(plan)
    for by, message in (
        ("apartment", _("This unit is let to somebody on some of these days. End that lease first.")),
        ("person", _("This person has another talent apartment on some of these days.")),
    ):
        saving.refuse_overlaps(context, plan, by=(by,), message=message)
    rows = list(plan.of(NEW, CHANGED))
    people = {plan.value(row, "person") for row in rows}
    units = TalentApartment.objects.in_bulk({plan.value(row, "apartment") for row in rows} - {None})
    pauses: dict[Any, list[Any]] = {}
    for pk, first, last in ApartmentPause.objects.filter(apartment__in=units).values_list(
        "apartment", "valid_from", "valid_to"
    ):
        pauses.setdefault(pk, []).append((first, last))
    employed: dict[Any, list[Any]] = {}
    for person, first, last in Post.objects.filter(
        person__in=people, enterprise__district=context.district
    ).values_list("person", "valid_from", "valid_to"):
        employed.setdefault(person, []).append((first, last))
    spans: dict[Any, list[tuple[Any, Span]]] = {}
    for pk, person, first, last, longer in ApartmentLease.objects.filter(person__in=people).values_list(
        "pk", "person", "valid_from", "valid_to", "is_longer"
    ):
        spans.setdefault(person, []).append((pk, Span(first, last, longer)))
    terms: dict[Any, Any] = {}
    for row in sorted(rows, key=lambda one: str(plan.value(one, "valid_from"))):
        person, unit = plan.value(row, "person"), units.get(plan.value(row, "apartment"))
        first, last = plan.value(row, "valid_from"), plan.value(row, "valid_to")
        if person is None or unit is None or first is None or last is None:
            continue
        if not any(
            start <= first and (end is None or end >= first) for start, end in employed.get(person, ())
        ):
            plan.refuse(
                row,
                "valid_from",
                _("On %(day)s the tenant has no post at an enterprise of the district. Enter the post first.")
                % {"day": first.isoformat()},
            )
            continue
        if first not in terms:
            terms[first] = terms_on(context.district, first)
        span = Span(first, last, bool(plan.value(row, "is_longer")))
        earlier = [one for pk, one in spans.get(person, ()) if pk != row.pk and one.first < first]
        fault = fault_of_lease(
            span,
            Unit(unit.available_from, unit.withdrawn_on, tuple(pauses.get(unit.pk, ()))),
            earlier,
            terms[first],
        )
        if fault:
            plan.refuse(row, fault.field, fault.sentence)
            continue
        spans.setdefault(person, []).append((object(), span))


def _agreed(context: Context, instance: Any) -> None:
    """A lease from paper is agreed until its last day; one that ended early keeps the agreed day."""
    last = instance.valid_to
    if instance.agreed_to is None or not instance.end_reason or instance.agreed_to < last:
        instance.agreed_to = last
    instance.is_longer = bool(instance.is_longer)


register(
    Register(
        name="apartment-leases",
        title=gettext_lazy("leases of apartments"),
        model=ApartmentLease,
        key=("apartment", "person", "valid_from"),
        rows=scoped(ApartmentLease, "apartment__district"),
        order=("apartment__code", "valid_from"),
        prepare=_agreed,
        derived=("agreed_to",),
        derived_from=("valid_to",),
        check=_check_leases,
        columns=(
            Column(
                "apartment",
                "房源编号",
                kinds.Reference(
                    resolve=by_paths(apartment_rows, "code", "address"),
                    what=gettext_lazy("talent apartment"),
                    offer=saving.offer_names(apartment_rows, "address"),
                ),
                ("房号", "地址"),
                required=True,
                attr="apartment_id",
                shown="apartment__code",
                example="GY0001",
            ),
            PERSON,
            PERSON_NAME,
            FROM,
            Column(
                "valid_to",
                "终止日期",
                kinds.Date(end=True),
                ("到期日期", "至"),
                required=True,
                help="约定的最后一天；提前退租的填实际最后一天",
                example="2026-06-30",
            ),
            Column(
                "rent",
                "月租金（元）",
                kinds.Money(least=0, most=10**5),
                ("月租金", "租金"),
                required=True,
                example="800.00",
            ),
            Column(
                "is_longer",
                "首租期满后续租",
                kinds.Boolean(),
                ("续租",),
                help="首租期内填否或留空",
                example="否",
            ),
        ),
    )
)
