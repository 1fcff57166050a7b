"""Personal data: each table has its rule, rules are applied by night, a person gets what is held about him."""

import datetime as dt
import io
import json

import docx
import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse
from pghistory.models import Event

from redprop.accounts.models import AuditLine
from redprop.core.models import Notification, NumberOpening, Person
from redprop.core.services.people import save_person
from redprop.core.services.people_retention import apply_rules, months_before
from redprop.core.services.people_rules import RULES, rule_of

NUMBER = "11010519491231002X"
TODAY = dt.date(2026, 11, 23)

OF_A_PERSON = {
    "full_name", "work_phone", "username", "email", "holder", "payee_name", "subject_name", "account_holder", "visitor",
    "chair", "recorder", "proposer", "manager_name", "actor", "ip_address", "user_agent", "phone", "mobile", "id_number",
}  # fmt: skip
"""Names of fields that say something about a person."""
NAMES_OF_PERSONS = {"core.Person", "communities.GridWorker", "communities.NeighbourRepresentative"}
"""Models whose `name` is that of a person."""
OF_A_FIRM = {"enterprises.Enterprise", "enterprises.ServiceProject"}
"""Their `work_phone` is the firm's own number, public by law."""


def personal_fields(model) -> set[str]:
    found = set()
    for field in model._meta.concrete_fields:
        related = getattr(field.related_model, "_meta", None)
        if related is not None and related.label in ("core.Person", "accounts.User"):
            found.add(field.name)
        if field.name in OF_A_PERSON or field.name.endswith("_cipher") or field.name.startswith("sealed"):
            found.add(field.name)
        if field.name == "name" and model._meta.label in NAMES_OF_PERSONS:
            found.add(field.name)
    return found - ({"work_phone"} if model._meta.label in OF_A_FIRM else set())


def test_every_table_with_personal_fields_stands_in_the_rules():
    known = {rule.label for rule in RULES}
    missing = [
        f"{model._meta.label}: {', '.join(sorted(personal_fields(model)))}"
        for model in apps.get_models(include_auto_created=True)
        if not issubclass(model, Event)
        and not model._meta.proxy
        and personal_fields(model) - {"sealed_at"}
        and model._meta.label not in known
    ]
    assert missing == [], "add a Rule in redprop/core/services/people_rules.py"


def test_rules_name_real_fields_once():
    labels = [rule.label for rule in RULES]
    assert len(labels) == len(set(labels))
    for rule in RULES:
        fields = {field.name for field in apps.get_model(rule.label)._meta.get_fields()}
        assert set(rule.fields) | set(rule.blank) | ({rule.since} - {""}) <= fields, rule.label


@pytest.fixture
def person(cast) -> Person:
    return save_person(
        person=Person(district=cast.district, code="P1", name="周明", work_phone="027-85600000"),
        acting_user=cast.registrar,
        id_number=NUMBER,
    )


def back_to(when: dt.date, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET recorded_at = %s", [when])


@pytest.mark.django_db
def test_old_notices_go_and_younger_ones_stay_and_the_trail_says_so(cast):
    for day in (dt.date(2025, 11, 21), dt.date(2025, 11, 24)):
        row = Notification.objects.create(user=cast.registrar, text=f"{day}")
        Notification.objects.filter(pk=row.pk).update(recorded_at=f"{day}T12:00+08:00")
    assert apply_rules(today=TODAY) == {"core.Notification": 1}
    assert Notification.objects.get().text == "2025-11-24"
    line = AuditLine.objects.get(reason="retention of personal data", kind="done")
    assert (line.register, line.rows, line.facts["what"]) == ("core_notification", 1, "delete")
    assert apply_rules(today=TODAY) == {}


@pytest.mark.django_db
def test_five_years_after_the_last_post_number_and_telephone_go_and_the_name_stays(world, cast, person):
    from enterprises.models import Post

    back_to(dt.date(2019, 1, 1), "core_person")
    post = Post.objects.create(
        person=person, enterprise=world.project.enterprise, kind="manager", valid_from=dt.date(2019, 1, 1)
    )
    assert "core.Person" not in apply_rules(today=TODAY)
    for last, gone in ((dt.date(2021, 11, 23), False), (dt.date(2021, 11, 22), True)):
        Post.objects.filter(pk=post.pk).update(valid_to=last)
        assert ("core.Person" in apply_rules(today=TODAY)) is gone
        person.refresh_from_db()
        assert (person.id_number_cipher == "", person.work_phone == "") == (gone, gone)
    assert person.name == "周明"


@pytest.mark.django_db
def test_the_district_may_keep_longer_or_shorter_than_the_rule(settings):
    settings.RETENTION_MONTHS = {"core.Notification": 24}
    assert rule_of("core.Notification").kept_months == 24


def test_months_are_counted_back_to_the_last_day_of_a_shorter_one():
    assert months_before(dt.date(2026, 3, 31), 1) == dt.date(2026, 2, 28)
    assert months_before(dt.date(2026, 1, 15), 13) == dt.date(2024, 12, 15)


@pytest.mark.django_db
def test_a_person_gets_everything_that_is_held_and_the_taking_is_logged(client, cast, person):
    address = reverse("admin:core_person_data", args=[person.pk])
    client.force_login(cast.registrar)
    assert "周明" in client.get(address).content.decode()
    assert not NumberOpening.objects.exists()
    client.post(address, {"purpose": "", "form": "json"})
    assert not NumberOpening.objects.exists()
    answer = client.post(address, {"purpose": "本人 11 月 20 日到窗口申请", "form": "json"})
    found = json.loads(answer.content)
    assert NUMBER in found["person"].values()
    assert "周明" in found["person"].values()
    assert "id_number_hash" not in str(found)
    assert NumberOpening.objects.get().purpose == "本人 11 月 20 日到窗口申请"
    line = AuditLine.objects.get(kind="exported")
    assert (line.username, line.reason, line.facts["what"]) == (
        "registrar",
        "本人 11 月 20 日到窗口申请",
        "data of one person",
    )
    answer = client.post(address, {"purpose": "再取一份纸质", "form": "docx"})
    text = "\n".join(
        cell.text
        for table in docx.Document(io.BytesIO(answer.getvalue())).tables
        for row in table.rows
        for cell in row.cells
    )
    assert NUMBER in text
    assert "本人 11 月 20 日到窗口申请" in text  # the opening itself is data about him
    client.force_login(cast.foreign["registrar"])
    assert client.get(address).status_code == 404
    client.force_login(cast.audit_administrator)
    assert client.get(address).status_code == 403


@pytest.mark.django_db
def test_the_record_of_processing_names_every_table_in_chinese(client, cast):
    client.force_login(cast.audit_administrator)
    answer = client.get(reverse("admin:accounts_auditline_processing_record"))
    paper = docx.Document(io.BytesIO(answer.getvalue()))
    rows = [[cell.text for cell in row.cells] for table in paper.tables for row in table.rows]
    assert len(rows) >= len(RULES)
    text = str(rows)
    assert "人员" in text
    assert "身份证号" in text
    assert "*" in text
    assert "PIPL" not in text
