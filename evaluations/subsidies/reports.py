"""Where the subsidies went: due, approved and paid, by month, rule, subdistrict, class, enterprise or fund."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.models import CompoundClass
from evaluations.models import Entitlement, PaymentLine, SubsidyRule
from evaluations.models.subsidies.batches import AFTER_APPROVAL
from evaluations.models.subsidies.lines import LineState
from evaluations.models.subsidies.receipts import ReceiptState
from redprop.areas.models import District
from redprop.common.money import ZERO

DIMENSIONS: dict[str, tuple[Any, str]] = {
    "month": (gettext_lazy("month, quarter or year"), "unit"),
    "rule": (gettext_lazy("subsidy rule"), "rule"),
    "subdistrict": (gettext_lazy("subdistrict"), "subdistrict"),
    "class": (gettext_lazy("class"), "of_class"),
    "enterprise": (gettext_lazy("enterprise"), "enterprise"),
    "fund": (gettext_lazy("fund"), "rule__fund"),
}
NAMES = {
    "rule": "rule__title",
    "subdistrict": "subdistrict__name",
    "enterprise": "enterprise__name",
    "fund": "rule__fund__name",
}


APPROVED = [LineState.OPEN, LineState.PAID, LineState.BANK_RETURNED]
"""Lines of an approved batch that stand: what the bank returned is committed still, and paid again or written back."""


@dataclass
class Use:
    """One line of the report (yuan)."""

    label: str
    entitlements: int = 0
    due: Decimal = ZERO
    approved: Decimal = ZERO
    paid: Decimal = ZERO

    @property
    def open(self) -> Decimal:
        """Due and not approved yet."""
        return self.due - self.approved


def chosen(user: object, wanted: Mapping[str, str]) -> QuerySet[Entitlement]:
    """Return the live entitlements in the user's reach that the filters leave; unknown values leave nothing out."""
    rows = Entitlement.objects.for_user(user).live().annotate(of_class=KeyTextTransform("class", "inputs"))
    if wanted.get("year", "").isdigit():
        rows = rows.filter(counted_on__year=int(wanted["year"]))
    if wanted.get("benefit") in SubsidyRule.Benefit.values:
        rows = rows.filter(benefit=wanted["benefit"])
    for name, path in (("subdistrict", "subdistrict"), ("fund", "rule__fund")):
        if wanted.get(name, "").isdigit():
            rows = rows.filter(**{path: int(wanted[name])})
    if wanted.get("class") in ("1", "2", "3"):
        rows = rows.filter(of_class=wanted["class"])
    if wanted.get("enterprise", "").strip():
        words = wanted["enterprise"].strip()
        rows = rows.filter(Q(enterprise__name__icontains=words) | Q(enterprise__pinyin__icontains=words))
    return rows


def use_by(dimension: str, rows: QuerySet[Entitlement]) -> list[Use]:
    """Return the use by one dimension, largest first; by time in order of time (three queries).

    What was repaid in cash is off what was approved and paid.
    """
    path = DIMENSIONS[dimension][1]
    name = NAMES.get(dimension, path)
    found: dict[Any, Use] = {}
    for row in rows.order_by().values(key=F(path), name=F(name)).annotate(n=Count("pk"), total=Sum("amount")):
        found[row["key"]] = Use(_label(dimension, row["name"]), row["n"], row["total"] or ZERO)
    lines = PaymentLine.objects.filter(entitlement__in=rows.values("pk"), batch__state__in=AFTER_APPROVAL)
    taken = lines.annotate(
        of_class=KeyTextTransform("class", "entitlement__inputs"),
    )
    line_path = path if path == "of_class" else f"entitlement__{path}"
    for row in (
        taken.order_by()
        .values(key=F(line_path))
        .annotate(
            approved=Sum("amount", filter=Q(state__in=APPROVED)),
            paid=Sum("amount", filter=Q(state=LineState.PAID)),
        )
    ):
        if row["key"] in found:
            found[row["key"]].approved = row["approved"] or ZERO
            found[row["key"]].paid = row["paid"] or ZERO
    repaid = rows.filter(receipts__state=ReceiptState.CONFIRMED)
    for row in repaid.order_by().values(key=F(path)).annotate(total=Sum("amount")):
        found[row["key"]].approved += row["total"]
        found[row["key"]].paid += row["total"]
    if dimension in ("month", "class"):
        return sorted(found.values(), key=lambda one: one.label)
    return sorted(found.values(), key=lambda one: (-one.due, one.label))


def _label(dimension: str, value: Any) -> str:
    if dimension == "class":
        return str(CompoundClass.Class(int(value)).label) if value else _("without a class")
    if value is None:
        return _("district itself") if dimension == "subdistrict" else "–"
    return str(value)


def years_of(user: object) -> list[int]:
    """Return the years that have entitlements in the user's reach, newest first (one query)."""
    found = (
        Entitlement.objects.for_user(user).order_by().values_list("counted_on__year", flat=True).distinct()
    )
    return sorted(found, reverse=True)


def received_by_compound(district: District) -> dict[int, list[tuple[int, int, Decimal, Decimal]]]:
    """Return what came to each compound's service by year, newest first: months, yuan approved, yuan paid, less what was repaid (two queries)."""
    found: dict[int, list[tuple[int, int, Decimal, Decimal]]] = {}
    rows = (
        PaymentLine.objects.filter(
            batch__district=district,
            entitlement__compound__isnull=False,
            batch__state__in=AFTER_APPROVAL,
            state__in=APPROVED,
        )
        .order_by()
        .values(place=F("entitlement__compound"), year=F("entitlement__counted_on__year"))
        .annotate(
            approved=Sum("amount"),
            paid=Sum("amount", filter=Q(state=LineState.PAID)),
            months=Count("entitlement__unit", distinct=True),
        )
        .order_by("place", "-year")
    )
    repaid = {
        (place, year): total
        for place, year, total in Entitlement.objects.filter(
            district=district, compound__isnull=False, receipts__state=ReceiptState.CONFIRMED
        )
        .order_by()
        .values_list("compound", "counted_on__year")
        .annotate(total=Sum("amount"))
    }
    for row in rows:
        back = repaid.get((row["place"], row["year"]), ZERO)
        found.setdefault(row["place"], []).append(
            (row["year"], row["months"], (row["approved"] or ZERO) + back, (row["paid"] or ZERO) + back)
        )
    return found
