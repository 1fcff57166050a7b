"""ID numbers of employees by file: encrypted, matched by their hash, masked wherever they show, the file not kept."""

import datetime as dt
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from redprop.common.tabular import declare
from redprop.core.models import ImportBatch, ImportRow, Person
from redprop.core.services import imports, uploads
from redprop.core.services.people import masked_id_number, open_id_number, save_person
from tests.tabular.rows import errors

# Made up, with right check digits.
FIRST, SECOND = "110101199003070257", "420102198501010016"
HEAD = ["人员编号", "姓名", "身份证号"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(cast):
    return save_person(
        person=Person(district=cast.district, code="RY00001", name="甲某"), acting_user=None, id_number=FIRST
    )


def stored_files():
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_number_is_stored_encrypted_and_found_again_by_its_hash(cast, person, load):
    assert load("people-id-numbers", HEAD[1:], ["甲 某", FIRST]).counts()["unchanged"] == 1
    plan = load("people-id-numbers", HEAD[1:], ["乙某", SECOND])
    assert plan.counts()["new"] == 1
    other = Person.objects.get(name="乙某")
    assert (other.code, SECOND in other.id_number_cipher) == ("RY00002", False)
    assert open_id_number(person=other, purpose="核对证件", acting_user=cast.registrar) == SECOND


def test_neither_file_nor_row_nor_message_keeps_a_number(person, load):
    load("people-id-numbers", HEAD, ["RY00001", "甲某", SECOND], ["", "丙某", FIRST])
    plan = load("people-id-numbers", HEAD, ["RY00001", "甲某", "420102198501010017"])
    assert [
        (column, value) for _row, column, value in [(p.row, p.column, p.value) for p in plan.problems()]
    ] == [("身份证号", "***")]
    kept = repr(list(ImportRow.objects.values()) + list(ImportBatch.objects.values())) + repr(
        [list(batch.writes.values()) for batch in ImportBatch.objects.all()]
    )
    assert FIRST not in kept
    assert SECOND not in kept
    assert not stored_files()


def test_exports_show_the_ends_only_and_come_back_unchanged(person, export, context):
    path = export("people-id-numbers")
    text = path.read_text("utf-8-sig")
    assert FIRST not in text
    assert "11*************257" in text
    plan = imports.check(register=declare.get("people-id-numbers"), path=path, context=context)
    assert plan.counts()["unchanged"] == 1


def test_a_mask_never_stands_for_another_number(person, load):
    plan = load("people-id-numbers", HEAD, ["RY00001", "甲某", "42*************016"])
    assert [column for _row, column, _sentence in errors(plan)] == ["身份证号"]
    person.refresh_from_db()
    assert masked_id_number(person) == "11*************257"


def test_a_number_of_somebody_else_is_refused(cast, person, load):
    save_person(person=Person(district=cast.district, code="RY00002", name="乙某"), acting_user=None)
    taken = load("people-id-numbers", HEAD, ["RY00002", "乙某", FIRST])
    assert [column for _row, column, _sentence in errors(taken)] == ["身份证号"]
    assert FIRST not in repr(errors(taken))
    namesake = load("people-id-numbers", HEAD[1:], ["乙某", SECOND])
    assert "RY00002" in errors(namesake)[0][2]
    twice = load("people-id-numbers", HEAD, ["RY00002", "乙某", SECOND], ["", "丁某", SECOND])
    assert len(errors(twice)) == 1


def test_an_upload_is_removed_when_it_is_written_and_when_it_is_abandoned(cast, context, person):
    def staged(name):
        content = f"人员编号,姓名,身份证号\nRY00001,甲某,{SECOND}\n".encode()
        return uploads.stage(
            register=declare.get("people-id-numbers"),
            upload=SimpleUploadedFile(name, content),
            context=context,
        )

    batch = staged("one.csv")
    assert batch.state == ImportBatch.State.CHECKED
    assert len(stored_files()) == 1
    assert SECOND not in repr(list(batch.results.values()))
    left = staged("two.csv")
    ImportBatch.objects.filter(pk=left.pk).update(recorded_at=timezone.now() - dt.timedelta(days=2))
    assert uploads.drop_abandoned() == 1
    uploads.start_write(batch=batch, acting_user=None)
    left.refresh_from_db()
    batch.refresh_from_db()
    assert (left.state, left.file.name, batch.file.name) == (ImportBatch.State.CANCELLED, "", "")
