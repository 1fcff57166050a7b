"""Compounds in the cells of files: by code or name, with their kind, class and condition in words."""

from typing import Any

from django.utils.translation import gettext_lazy

from communities.models import Compound, CompoundClass, CompoundKind
from redprop.common.tabular import kinds
from redprop.common.tabular.declare import Context
from redprop.common.tabular.saving import by_paths, offer_names, scoped

compound_rows = scoped(Compound)

COMPOUND_KINDS = (
    (CompoundKind.Kind.PROFESSIONAL.value, "专业物业小区"),
    (CompoundKind.Kind.OLD.value, "老旧小区"),
)
CLASSES = ((1, "一类"), (2, "二类"), (3, "三类"))
CLASS_ALIASES = {
    "1类": 1,
    "2类": 2,
    "3类": 3,
    "一档": 1,
    "二档": 2,
    "三档": 3,
    "I类": 1,
    "II类": 2,
    "III类": 3,
}
CONDITIONS = (
    (Compound.Condition.GOOD.value, "好"),
    (Compound.Condition.FAIR.value, "一般"),
    (Compound.Condition.POOR.value, "差"),
)
CONDITION_ALIASES = {"良好": "good", "较好": "good", "中": "fair", "较差": "poor"}


_by_names = by_paths(lambda context: compound_rows(context), "code", "name", "known_names__name")


def _resolve(context: Context, keys: set[str]) -> dict[str, Any]:
    """Find compounds by code, name or known name; the code of one merged away leads to the one kept."""
    found = dict(_by_names(context, keys))
    missing = keys - found.keys()
    gone = Compound.objects.filter(district=context.district, merged_into__isnull=False, code__in=missing)
    mine = compound_rows(context).values("pk")
    for code, kept in gone.filter(merged_into__in=mine).values_list("code", "merged_into"):
        found[code] = kept
    return found


def compound_reference() -> kinds.Reference:
    """A compound by own code, name or another name of it."""
    return kinds.Reference(
        resolve=_resolve,
        what=gettext_lazy("compound"),
        offer=offer_names(compound_rows),
    )


def class_kind() -> kinds.Choice:
    """The class of an old compound."""
    return kinds.Choice(choices=CLASSES, also=tuple(CompoundClass.Class.choices), aliases=CLASS_ALIASES)
