"""Every change leaves a line, whoever made it and by whichever way; nobody can change a line."""

import datetime as dt

import psycopg
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from redprop.accounts.audit import acting, record
from redprop.accounts.models import AuditLine, Posting
from redprop.accounts.roles import Role
from redprop.areas.models import Subdistrict
from redprop.common.secrets import seal
from redprop.core.models import ExportLog, Holiday, Person
from redprop.core.services.people import open_id_number, save_person

pytestmark = pytest.mark.django_db

NUMBER = "11010519491231002X"


def lines(**conditions) -> list[AuditLine]:
    return list(AuditLine.objects.filter(**conditions).order_by("pk"))


def numbers(field) -> list[int]:
    """The row numbers in a line's set."""
    return [n for part in field for n in range(part.lower, part.upper)]


@pytest.fixture
def holidays(cast) -> list[Holiday]:
    start = dt.date(2030, 1, 1)
    return Holiday.objects.bulk_create(
        Holiday(district=cast.district, day=start + dt.timedelta(days=n), is_workday=False, name="假")
        for n in range(5)
    )


def test_a_row_saved_by_the_orm_is_in_the_trail_with_who_why_and_which_row(cast):
    with acting(cast.registrar, "实地核对"):
        cast.subdistrict.name = "新名街道"
        cast.subdistrict.save()
    [line] = lines(register="areas_subdistrict", kind="changed")
    assert (line.actor, line.username, line.reason) == (cast.registrar.pk, "registrar", "实地核对")
    assert (line.rows, numbers(line.concerned)) == (1, [cast.subdistrict.pk])
    assert len(line.digest) == 64


def test_a_bulk_insert_update_and_delete_leave_one_line_each_for_all_rows(cast, holidays):
    ids = [holiday.pk for holiday in holidays]
    with acting(cast.registrar, "整批"):
        Holiday.objects.filter(pk__in=ids).update(name="改")
        Holiday.objects.filter(pk__in=ids).delete()
    found = lines(register="core_holiday")
    assert [(line.kind, line.rows) for line in found] == [("added", 5), ("changed", 5), ("removed", 5)]
    assert numbers(found[0].concerned) == numbers(found[1].concerned) == ids


def test_raw_sql_without_any_context_names_the_account_of_the_database(cast, holidays):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_holiday SET name = 'SQL'")
        cursor.execute("SELECT session_user::text")
        [user] = cursor.fetchone()
    [line] = lines(register="core_holiday", kind="changed")
    assert (line.rows, line.username, line.facts) == (5, "", {"database": user})


def test_rows_that_come_by_copy_are_in_the_trail(cast):
    with transaction.atomic(), acting(cast.registrar, "COPY"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_holiday SET name = name WHERE false"
        )  # the context reaches the transaction
        with cursor.copy(
            "COPY core_holiday (district_id, day, is_workday, name, recorded_at, recorded_by) FROM STDIN"
        ) as copy:
            for day in range(1, 4):
                copy.write_row((cast.district.pk, dt.date(2031, 1, day), False, "假", timezone.now(), "x"))
    [line] = lines(register="core_holiday")
    assert (line.kind, line.rows, line.username) == ("added", 3, "registrar")


def test_what_a_task_changes_is_in_the_trail_as_the_systems(cast, settings):
    from communities.tasks import reseal

    person = save_person(
        person=Person(district=cast.district, code="P1", name="周明"), acting_user=None, id_number=NUMBER
    )
    old = seal(NUMBER, about="person-id-number")
    settings.DATA_KEYS = ["k9:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", *settings.DATA_KEYS]
    assert old.split(":")[0] != "k9"
    reseal()
    [line] = lines(register="core_person", kind="changed")
    assert (line.username, line.reason, numbers(line.concerned)) == ("system", "key rotation", [person.pk])


def test_what_a_command_changes_is_in_the_trail(cast):
    call_command("demo_clock", "--district", cast.district.code, "--to", "2026-10-13T09:00")
    [line] = lines(register="areas_district", kind="changed")
    assert (line.username, line.reason) == ("system", "demo_clock")


def test_an_opened_number_and_an_export_are_in_the_trail_with_purpose_and_person(cast):
    person = save_person(
        person=Person(district=cast.district, code="P1", name="周明"), acting_user=None, id_number=NUMBER
    )
    open_id_number(person=person, purpose="核对社保名单", acting_user=cast.registrar)
    ExportLog.objects.create(
        district=cast.district,
        user=cast.registrar,
        page="p",
        register="people",
        title="人员",
        ending="csv",
        rows=7,
        way="screen",
    )
    [opened, exported] = lines(kind__in=["opened", "exported"])
    assert (opened.username, opened.reason) == ("registrar", "核对社保名单")
    assert opened.facts["person_id"] == person.pk
    assert NUMBER not in str(opened.facts)
    assert (exported.username, exported.reason, exported.rows) == ("registrar", "人员", 7)


def test_sign_in_sign_out_and_failed_attempts_are_in_the_trail(client, cast):
    address = "/accounts/sign-in/"
    client.post(address, {"username": "registrar", "password": "wrong"})
    client.post(address, {"username": "my-own-password", "password": "x"})
    client.post(address, {"username": "registrar", "password": "pw"})
    client.post("/accounts/sign-out/")
    found = [(line.kind, line.username, line.address) for line in lines(register="accounts_signinentry")]
    assert found == [
        ("failed", "registrar", "127.0.0.1"),
        ("failed", "my…", "127.0.0.1"),
        ("signed-in", "registrar", "127.0.0.1"),
        ("signed-out", "registrar", "127.0.0.1"),
    ]
    assert "my-own-password" not in str([line.facts for line in lines()])


def test_a_right_given_by_sql_is_in_the_trail(cast):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_user_groups (user_id, group_id) SELECT %s, min(id) FROM auth_group",
            [cast.registrar.pk],
        )
        cursor.execute("DELETE FROM accounts_user_groups")
    added, removed = lines(register="accounts_user_groups")
    assert added.facts["rows"][0]["user_id"] == cast.registrar.pk
    assert (added.kind, removed.kind) == ("added", "removed")
    # the cast's postings: one for each role, by one statement
    assert lines(register="accounts_posting", kind="added")[-1].rows == len(Role.values)
    assert Posting.objects.exists()


def test_an_act_without_a_row_is_recorded_by_name(cast):
    with acting(cast.registrar, "季度核查"):
        record("done", register="core_person", ids=[3, 4, 9], what="look")
    [line] = lines(kind="done")
    assert (line.username, line.reason, numbers(line.concerned)) == ("registrar", "季度核查", [3, 4, 9])
    assert line.facts == {"what": "look"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditline SET reason = 'x'",
        "DELETE FROM accounts_auditline",
        "TRUNCATE accounts_auditline CASCADE",
        "SET LOCAL redprop.forgetting = 'on'; DELETE FROM accounts_auditline",
        "UPDATE areas_subdistrictevent SET name = 'x'",
        "SET LOCAL pgtrigger.ignore = '{areas.SubdistrictEvent:append_only}'; DELETE FROM areas_subdistrictevent",
        "TRUNCATE areas_subdistrictevent",
    ],
)
def test_the_database_refuses_to_change_or_delete_lines_and_former_versions(cast, statement):
    Subdistrict.objects.update(name="甲")
    assert lines()
    with (
        pytest.raises(DatabaseError, match=r"never changed or deleted|Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_a_hundred_thousand_rows_of_one_statement_are_one_line_of_a_few_bytes(cast):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_holiday (district_id, day, is_workday, name, recorded_at, recorded_by) "
            "SELECT %s, date '2100-01-01' + n, false, 'x', now(), 'x' FROM generate_series(1, 20000) n",
            [cast.district.pk],
        )
        cursor.execute(
            "SELECT rows, pg_column_size(concerned) FROM accounts_auditline WHERE register = 'core_holiday'"
        )
        rows, size = cursor.fetchone()
    assert rows == 20000
    assert size < 100
    assert psycopg.__version__
