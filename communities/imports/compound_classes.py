"""Register `compound-classes`: the dated class of each old compound."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.imports.compound_kinds import class_kind, compound_reference
from communities.models import Compound, CompoundClass
from communities.services.rules import CompoundFacts
from redprop.common.errors import Refused
from redprop.common.tabular import kinds, saving
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan
from redprop.common.tabular.saving import scoped


def _check_classes(context: Context, plan: Plan) -> None:
    saving.refuse_out_of_order(plan)
    rows = plan.of(NEW, CHANGED)
    compounds = Compound.objects.in_bulk({plan.value(row, "compound") for row in rows})
    facts = CompoundFacts.load(compounds)
    for row in rows:
        try:
            facts.check_class(compounds[plan.value(row, "compound")], plan.value(row, "valid_from"))
        except Refused as refused:
            plan.refuse(row, "valid_from", str(refused))
    saving.refuse_overlaps(
        context,
        plan,
        by=("compound",),
        message=_("This compound has another class on some of these days. End that entry first."),
    )


register(
    Register(
        name="compound-classes",
        page_path="compound",
        title=gettext_lazy("classes of compounds"),
        model=CompoundClass,
        key=("compound", "valid_from"),
        rows=scoped(CompoundClass, "compound__district"),
        order=("compound__code", "valid_from"),
        check=_check_classes,
        columns=(
            Column(
                "compound",
                "小区编号",
                compound_reference(),
                ("小区名称", "小区"),
                required=True,
                attr="compound_id",
                shown="compound__code",
                help="小区编号；无重名时可填名称",
                example="XQ0001",
            ),
            Column("compound_name", "所指小区", kinds.Text(), read_only=True, source="compound__name"),
            Column(
                "compound_class",
                "小区类别",
                class_kind(),
                ("类别", "老旧小区类别", "档次"),
                required=True,
                example="二类",
            ),
            Column(
                "valid_from",
                "起始日期",
                kinds.Date(),
                ("生效日期", "自"),
                required=True,
                example="2017-03-01",
            ),
            Column(
                "valid_to",
                "终止日期",
                kinds.Date(end=True),
                ("失效日期", "至"),
                help="最后一天；仍有效的留空",
            ),
            Column(
                "document",
                "依据文号",
                kinds.Text(longest=60),
                ("文号", "依据"),
                example="岸红物办〔2017〕1号",
            ),
        ),
    )
)
