"""Whatever stands in a register goes out and comes back without a difference; texts of every sort included."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from communities.models import Compound, CompoundClass, CompoundKind
from communities.services.search_keys import fill_compound
from redprop.common.tabular import cells, declare, kinds, writing
from redprop.common.tabular.cells import CellError
from redprop.common.text import normalise
from redprop.core.models import ReportedFigure
from redprop.core.services import imports

texts = st.sampled_from(
    ["清空", "【清空】", "示例：甲", "填写说明：", "合计", "'", "''甲", "—", "1.0", "2026年"]
) | st.text(
    st.one_of(
        st.sampled_from("=+-@'\"，、;,.（）()[]“”%0123456789 \t\nxX填写示例合计说明清空"),
        st.characters(min_codepoint=0x20, max_codepoint=0xFFFF, exclude_categories=("Cs", "Cc", "Co", "Cn")),
    ),
    max_size=25,
)
days = st.dates(dt.date(1950, 1, 1), dt.date(2099, 12, 31))


@given(texts)
def test_any_stored_text_reads_back_the_same_from_csv(text):
    stored = normalise(text)
    kind = kinds.Text(personal=True)
    sent = writing.csv_text(kind.out(stored))
    if kind.is_empty(sent):
        assert stored == "" or cells.clean(sent) == ""
    else:
        assert kind.same(stored, kind.parse(sent))


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_any_amount_reads_back_the_same(amount):
    assert kinds.Money().parse(writing.csv_text(amount)) == amount
    assert kinds.Money().parse(float(amount)) == amount


@given(days)
def test_any_date_reads_back_the_same_in_each_spelling(day):
    for text in (
        day.isoformat(),
        f"{day.year}年{day.month}月{day.day}日",
        f"{day.year}.{day.month}.{day.day}",
        f"{day:%Y%m%d}",
        float((day - dt.date(1899, 12, 30)).days),
    ):
        assert cells.day(text) == day


@given(texts)
def test_any_cell_is_read_or_refused_with_a_sentence(text):
    for kind in (
        kinds.Money(),
        kinds.Date(),
        kinds.Boolean(),
        kinds.Integer(),
        kinds.Year(),
        kinds.Share(),
        kinds.Uscc(),
    ):
        sentence = ""
        try:
            kind.parse(text)
        except CellError as error:
            sentence = str(error) or "empty"
        assert sentence != "empty"


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            texts,
            texts,
            st.none() | st.integers(0, 10**6),
            st.none() | st.decimals(min_value="0.01", max_value=10**8, places=2),
            st.sampled_from(["", "old", "professional"]),
            st.none() | days,
            st.lists(texts.filter(lambda t: not set(t) & set("、;|\n,，；")), max_size=3),
        ),
        min_size=1,
        max_size=15,
    )
)
def test_any_compounds_come_back_without_a_difference(rows, cast, tmp_path):
    Compound.pgh_event_model.objects.all()
    CompoundKind.objects.all().delete()
    CompoundClass.objects.all().delete()
    Compound.objects.all().delete()
    for number, (name, address, households, area, kind, surveyed, aliases) in enumerate(rows):
        compound = Compound(
            district=cast.district,
            code=f"XQ{number:04d}",
            name=normalise(name) or "无名",
            address=normalise(address),
            households=households,
            floor_area=area,
            surveyed_on=surveyed,
            aliases=aliases,
            registered_from=dt.date(2017, 3, 1),
        )
        fill_compound(compound)
        compound.name = compound.name or "无名"
        compound.save()
        if kind:
            CompoundKind.objects.create(compound=compound, kind=kind, valid_from=dt.date(2017, 3, 1))
    context = imports.context_for(district=cast.district, acting_user=None)
    register = declare.get("compounds")
    for ending in ("csv", "xlsx"):
        path = tmp_path / f"out.{ending}"
        assert writing.export(register, context, path) == len(rows)
        plan = imports.check(register=register, path=path, context=context)
        personal = [p for p in plan.problems() if p.value == "***"]
        assert plan.counts()["changed"] == 0, [plan.changes_shown(r) for r in plan.of("changed")]
        assert plan.counts()["unchanged"] + len({p.row for p in personal}) == len(rows), plan.problems()


@pytest.mark.django_db
def test_negative_and_long_figures_come_back(cast, tmp_path):
    for number, value in enumerate(("-12.50", "0", "1234567890123.45")):
        ReportedFigure.objects.create(
            district=cast.district, on="2026-09-30", code=f"f{number}", value=Decimal(value), source="=1+1"
        )
    context = imports.context_for(district=cast.district, acting_user=None)
    register = declare.get("reported-figures")
    for ending in ("csv", "xlsx"):
        path = tmp_path / f"out.{ending}"
        writing.export(register, context, path)
        assert imports.check(register=register, path=path, context=context).counts()["unchanged"] == 3
