"""Undoing an import: new rows go, changed fields go back, unless somebody or something came to depend on them."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import call_command

from communities.models import (
    Compound,
    CompoundAlias,
    CompoundClass,
    CompoundKind,
    CompoundPlacement,
    MarketRound,
)
from redprop.common.errors import Refused
from redprop.common.history import acting
from redprop.common.tabular import declare
from redprop.core.models import ImportBatch, ImportWrite
from redprop.core.services import imports, undo

HEADER = ["小区编号", "小区名称", "户数", "社区", "小区类型", "变更生效日期"]


@pytest.fixture
def take(cast, write):
    """Import rows as the registrar and return the batch."""

    def taken(*rows, register="compounds", header=HEADER):
        context = imports.context_for(district=cast.district, acting_user=cast.registrar)
        path = write(header, *rows)
        plan, batch = imports.import_file(register=declare.get(register), path=path, context=context)
        assert batch is not None, [str(problem) for problem in plan.problems()]
        return batch

    return taken


def values():
    """Everything an import of compounds may touch, without keys and times."""
    return (
        sorted(
            Compound.objects.values_list("code", "name", "households", "aliases", "pinyin", "normalised_name")
        ),
        sorted(
            CompoundPlacement.objects.values_list("compound__code", "community__code", "valid_from"), key=str
        ),
        sorted(CompoundPlacement.objects.values_list("compound__code", "valid_to"), key=str),
        sorted(CompoundKind.objects.values_list("compound__code", "kind", "valid_from", "valid_to"), key=str),
        sorted(CompoundClass.objects.values_list("compound__code", "compound_class", "valid_from"), key=str),
    )


@pytest.mark.parametrize("from_day", ["2026-10-12", "2026-10-20"], ids=["corrected", "ended and begun"])
def test_undoing_leaves_the_register_as_it_was_before(cast, take, from_day):
    take(["XQ0001", "红旗小区", "480", "990101001001", "老旧小区", ""])
    before = values()
    batch = take(
        ["XQ0001", "红星小区", "500", "990101002001", "专业物业小区", from_day],
        ["XQ0002", "东风小区", "12", "990101001001", "老旧小区", ""],
    )
    assert values() != before
    found = undo.look(batch)
    assert found.reasons == []
    undone = undo.start_undo(batch=batch, acting_user=cast.registrar)
    assert values() == before
    assert undone.state == "undone"
    assert undone.undone_by == cast.registrar.username
    assert not ImportWrite.objects.filter(batch=batch).exists()


def test_the_history_tells_of_the_undoing(cast, take):
    batch = take(["XQ0001", "红旗小区", "480", "", "", ""])
    pk = Compound.objects.get().pk
    undo.start_undo(batch=batch, acting_user=cast.registrar)
    event = Compound.pgh_event_model.objects.get(pgh_obj_id=pk)
    assert event.pgh_label == "delete"
    assert event.pgh_context.metadata["reason"] == f"undo of import {batch.pk}"
    assert event.pgh_context.metadata["username"] == cast.registrar.username


def test_an_import_is_undone_once(cast, take):
    batch = take(["XQ0001", "红旗小区", "480", "", "", ""])
    undo.start_undo(batch=batch, acting_user=cast.registrar)
    with pytest.raises(Refused):
        undo.start_undo(batch=batch, acting_user=cast.registrar)


def test_a_field_changed_since_holds_the_undoing_back(cast, take):
    take(["XQ0001", "红旗小区", "480", "", "", ""])
    batch = take(["XQ0001", "", "500", "", "", ""])
    Compound.objects.filter(code="XQ0001").update(households=510)
    with pytest.raises(Refused, match="XQ0001"):
        undo.start_undo(batch=batch, acting_user=cast.registrar)
    batch.refresh_from_db()
    assert batch.state == "done"
    assert Compound.objects.get().households == 510
    Compound.objects.filter(code="XQ0001").update(households=500)
    undo.start_undo(batch=batch, acting_user=cast.registrar)
    assert Compound.objects.get().households == 480


def test_another_field_changed_since_does_not_matter_and_stays(cast, take):
    take(["XQ0001", "红旗小区", "480", "", "", ""])
    batch = take(["XQ0001", "", "500", "", "", ""])
    Compound.objects.filter(code="XQ0001").update(address="解放大道1号")
    undo.start_undo(batch=batch, acting_user=cast.registrar)
    compound = Compound.objects.get()
    assert (compound.households, compound.address) == (480, "解放大道1号")


def test_a_new_row_edited_since_holds_the_undoing_back(cast, take):
    batch = take(["XQ0001", "红旗小区", "480", "", "", ""], ["XQ0002", "东风小区", "12", "", "", ""])
    with acting(cast.registrar, "by hand"):
        Compound.objects.filter(code="XQ0002").update(address="解放大道1号")
    reasons = undo.look(batch).reasons
    assert len(reasons) == 1
    assert "XQ0002" in reasons[0]
    assert "XQ0001" not in reasons[0]


def test_what_refers_to_a_new_row_holds_the_undoing_back(cast, take):
    batch = take(*[[f"XQ{n:04}", f"小区{n}", "", "", "", ""] for n in range(1, 9)])
    for compound in Compound.objects.all():
        MarketRound.objects.create(district=cast.district, compound=compound, opened_on=dt.date(2026, 9, 1))
    with pytest.raises(Refused) as refused:
        undo.start_undo(batch=batch, acting_user=cast.registrar)
    assert str(refused.value).count("XQ") == 5
    assert "8" in str(refused.value)
    assert Compound.objects.count() == 8
    with acting(cast.registrar, "by hand"):
        MarketRound.objects.all().delete()
    undo.start_undo(batch=batch, acting_user=cast.registrar)
    assert not Compound.objects.exists()


def test_allotted_codes_are_never_given_again_but_a_named_one_returns_to_its_row(cast, take):
    batch = take(["", "红旗小区", "", "", "", ""], ["XQ0100", "东风小区", "", "", "", ""])
    codes = set(Compound.objects.values_list("code", flat=True))
    undo.start_undo(batch=batch, acting_user=cast.registrar)
    take(["", "红旗小区", "", "", "", ""], ["XQ0100", "东风小区", "", "", "", ""])
    assert Compound.objects.get(name="东风小区").code == "XQ0100"
    assert Compound.objects.get(name="红旗小区").code not in codes
    undo.start_undo(batch=ImportBatch.objects.first(), acting_user=cast.registrar)
    with pytest.raises(AssertionError):
        take(["XQ0100", "别的小区", "", "", "", ""])


def test_a_registrar_of_another_district_cannot_undo(cast, take):
    batch = take(["XQ0001", "红旗小区", "480", "", "", ""])
    with pytest.raises(Refused):
        undo.start_undo(batch=batch, acting_user=cast.foreign["registrar"])
    with pytest.raises(Refused):
        undo.start_undo(batch=batch, acting_user=cast.evaluator)
    assert Compound.objects.exists()
    batch.refresh_from_db()
    assert batch.state == "done"


def test_the_queries_do_not_grow_with_the_rows(cast, take):
    small = take(["XQ9001", "小小区", "1", "990101001001", "老旧小区", ""])
    large = take(*[[f"XQ{n:04}", f"小区{n}", "1", "990101001001", "老旧小区", ""] for n in range(500)])
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as of_large:
        undo.start_undo(batch=large, acting_user=cast.registrar)
    with CaptureQueriesContext(connection) as of_small:
        undo.start_undo(batch=small, acting_user=cast.registrar)
    assert len(of_large) <= len(of_small) + 2


def test_the_command_answers_by_the_contract(cast, take):
    batch = take(["XQ0001", "红旗小区", "480", "", "", ""])
    out = StringIO()
    call_command("undo_import", str(batch.pk), user="registrar", json=True, stdout=out)
    assert json.loads(out.getvalue()) == {
        "batch": batch.pk, "register": "compounds", "state": "undone", "deleted": 1, "restored": 0,
    }  # fmt: skip
    for user in ("registrar", "foreign_registrar"):
        out = StringIO()
        with pytest.raises(SystemExit) as end:
            call_command("undo_import", str(batch.pk), user=user, json=True, stdout=out, stderr=StringIO())
        assert end.value.code == 1
        assert "refused" in json.loads(out.getvalue())


def names_of(compound):
    kept = CompoundAlias.objects.filter(compound=compound)
    return sorted(kept.values_list("pk", "name", "source", "noted_on"))


def test_other_names_that_an_import_took_away_come_back_with_the_undoing(cast, take):
    header = ["小区编号", "小区名称", "别名"]
    take(["XQ0001", "红旗小区", "红旗苑、老红旗"], header=header)
    compound = Compound.objects.get()
    before = names_of(compound)
    assert [name for _pk, name, _source, _day in before] == ["红旗苑", "老红旗"]
    batch = take(["XQ0001", "红旗小区", "新红旗"], header=header)
    assert [name for _pk, name, _source, _day in names_of(compound)] == ["新红旗"]
    undo.undo_now(batch=batch, acting_user=cast.registrar)
    assert names_of(compound) == before
    assert Compound.objects.get().aliases == ["红旗苑", "老红旗"]


def test_a_name_noted_again_since_holds_the_undoing_back_or_stays(cast, take):
    header = ["小区编号", "小区名称", "别名"]
    take(["XQ0001", "红旗小区", "红旗苑"], header=header)
    batch = take(["XQ0001", "红旗小区", "新红旗"], header=header)
    take(["XQ0001", "红旗小区", "红旗苑"], header=header)
    compound = Compound.objects.get()
    before = names_of(compound)
    with pytest.raises(Refused):
        undo.undo_now(batch=batch, acting_user=cast.registrar)
    assert names_of(compound) == before
