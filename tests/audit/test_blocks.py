"""Sealed blocks: late lines are not lost, and whatever is changed behind the triggers' back is found."""

import datetime as dt
import json
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from redprop.accounts.audit import acting, record
from redprop.accounts.models import AuditBlock, AuditLine, AuditPending
from redprop.areas.models import Subdistrict
from redprop.core.models import Holiday, Person
from redprop.core.services.audit_blocks import forget, last_month_to_go, seal
from redprop.core.services.audit_verifying import verify
from redprop.core.services.people import open_id_number, save_person

NUMBER = "11010519491231002X"


def behind_the_back(*statements: str) -> None:
    """What a superuser of the database can do: triggers sleep meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.fixture
def sealed(db, cast):
    """Changes of several kinds in two blocks."""
    with acting(cast.registrar, "第一"):
        Subdistrict.objects.update(name="甲")
        Subdistrict.objects.update(name="乙")
    person = save_person(
        person=Person(district=cast.district, code="P1", name="周明"), acting_user=None, id_number=NUMBER
    )
    seal()
    open_id_number(person=person, purpose="核对社保名单", acting_user=cast.registrar)
    with acting(cast.registrar, "第二"):
        Subdistrict.objects.filter(pk=cast.subdistrict.pk).update(name="丙")
    seal()
    assert verify().findings == []
    return AuditBlock.objects.order_by("number")


def found() -> list[tuple[str, str]]:
    return [(one.kind, one.where) for one in verify().findings]


def test_blocks_chain_and_leave_nothing_unsealed(sealed):
    first, second = sealed
    assert (first.number, second.number) == (1, 2)
    assert (first.previous, second.previous) == ("", first.digest)
    assert first.count + second.count == AuditLine.objects.count()
    assert not AuditPending.objects.exists()
    assert seal() == []


CHANGES = {
    "a line changed": (
        "UPDATE accounts_auditline SET reason = '没有' WHERE reason = '第二'",
        ("changed", "accounts_auditline"),
    ),
    "a line removed": (
        "DELETE FROM accounts_auditline WHERE reason = '第二'",
        ("removed", "accounts_auditline"),
    ),
    "a line put in": (
        "INSERT INTO accounts_auditline (at, kind, register, rows, digest, username, address, page, reason, facts) "
        "VALUES (now(), 'added', 'x', 1, '', 'registrar', '', '', '', '{}')",
        ("inserted", "accounts_auditline"),
    ),
    "a former version changed": (
        "UPDATE areas_subdistrictevent SET name = '从未' WHERE pgh_id = (SELECT max(pgh_id) FROM areas_subdistrictevent)",
        ("changed", "areas_subdistrictevent"),
    ),
    "a former version removed": (
        "DELETE FROM areas_subdistrictevent WHERE pgh_id = (SELECT max(pgh_id) FROM areas_subdistrictevent)",
        ("removed", "areas_subdistrictevent"),
    ),
    "a former version put in": (
        "INSERT INTO areas_subdistrictevent (pgh_created_at, pgh_label, pgh_obj_id, id, name, code, pinyin, district_id, "
        "recorded_at, recorded_by) SELECT now(), 'update', id, id, 'x', code, pinyin, district_id, recorded_at, recorded_by "
        "FROM areas_subdistrict LIMIT 1",
        ("inserted", "areas_subdistrictevent"),
    ),
    "an opening removed": ("DELETE FROM core_numberopening", ("removed", "core_numberopening")),
    "an opening changed": (
        "UPDATE core_numberopening SET purpose = '别的用途'",
        ("changed", "core_numberopening"),
    ),
    "an opening put in": (
        "INSERT INTO core_numberopening (recorded_at, recorded_by, person_id, user_id, purpose) "
        "SELECT now() + interval '1 minute', '', person_id, user_id, purpose FROM core_numberopening",
        ("inserted", "core_numberopening"),
    ),
    "a block removed": ("DELETE FROM accounts_auditblock WHERE number = 1", ("chain", "accounts_auditblock")),
    "a block's digest written anew": (
        "UPDATE accounts_auditblock SET digest = repeat('0', 64) WHERE number = 1",
        ("chain", "accounts_auditblock"),
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_a_superuser_changes_with_triggers_asleep_is_found(sealed, what):
    statement, expected = CHANGES[what]
    behind_the_back(statement)
    assert expected in found()


def test_a_chain_cut_off_at_its_end_is_found_with_the_head_that_was_kept(sealed):
    said = StringIO()
    call_command("verify_audit", "--json", stdout=said)
    head = json.loads(said.getvalue())["head"]
    behind_the_back(
        "DELETE FROM accounts_auditline WHERE id <@ (SELECT range_agg(r) FROM accounts_auditblock, unnest(lines) r WHERE number = 2)",
        "DELETE FROM accounts_auditblock WHERE number = 2",
    )
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", "--head", head, stdout=StringIO(), stderr=StringIO())
    assert ended.value.code == 1
    assert verify(head=(1, AuditBlock.objects.get().digest)).head.startswith("1:")


def test_the_lines_of_a_transaction_that_lasts_longer_than_sealing_are_in_the_next_block(
    transactional_db, cast
):
    seal()
    params = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}
    with connection.get_new_connection(params) as long_one:
        long_one.execute("UPDATE areas_subdistrict SET name = 'lang'")  # its line has its number already
        Holiday.objects.create(district=cast.district, day=dt.date(2030, 1, 1), is_workday=False, name="短")
        [block] = seal()
        assert block.count == 1
    late = AuditLine.objects.get(register="areas_subdistrict", kind="changed")
    assert late.pk < AuditLine.objects.get(register="core_holiday").pk
    told = verify()
    assert (told.findings, told.unsealed) == ([], 1)
    [block] = seal()
    assert [part.lower for part in block_lines(block)] == [late.pk]
    assert verify().findings == []


def block_lines(block: AuditBlock):
    block.refresh_from_db()
    return block.lines


def thirteen_months_ago() -> None:
    """Let everything written so far be older."""
    past = "interval '13 months'"
    behind_the_back(
        f"UPDATE accounts_auditline SET at = at - {past}",
        f"UPDATE areas_subdistrictevent SET pgh_created_at = pgh_created_at - {past}",
    )


def test_a_month_past_its_time_goes_whole_and_its_digests_stay(db, cast, settings):
    behind_the_back("ALTER TABLE areas_subdistrictevent ALTER pgh_created_at SET DEFAULT now()")
    Subdistrict.objects.update(name="旧")
    behind_the_back(
        "UPDATE accounts_auditline SET at = at - interval '13 months', digest = ''  WHERE register <> 'areas_subdistrict'",
    )
    old_at = timezone.now() - dt.timedelta(days=400)
    behind_the_back(
        f"UPDATE accounts_auditline SET at = '{old_at.isoformat()}'",
        f"UPDATE areas_subdistrictevent SET pgh_created_at = '{old_at.isoformat()}'",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT register, shape_id FROM accounts_auditline WHERE versions IS NOT NULL")
        assert cursor.fetchall()
    seal()
    [block] = AuditBlock.objects.all()
    Subdistrict.objects.update(name="新")
    seal()
    kept = AuditLine.objects.filter(at__gt=old_at + dt.timedelta(days=60)).count()
    settings.AUDIT_MONTHS = 24
    assert forget() == {}
    settings.AUDIT_MONTHS = 12
    assert sum(forget().values()) == block.count
    seal()
    assert AuditLine.objects.count() == kept + 1  # and the line that says so
    assert AuditLine.objects.get(kind="done").facts["lines"] == block.count
    block.refresh_from_db()
    assert block.forgotten_at is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM areas_subdistrictevent")
        assert cursor.fetchone()[0] == Subdistrict.objects.count()
    assert verify().findings == []
    assert forget() == {}
    behind_the_back("UPDATE accounts_auditblock SET count = count + 1 WHERE number = 1")
    assert ("chain", "accounts_auditblock") in found()


def test_twelve_whole_months_stay_and_fewer_than_six_never_go(settings):
    settings.AUDIT_MONTHS = 12
    assert last_month_to_go(dt.date(2026, 11, 23)) == dt.date(2025, 11, 1)
    assert last_month_to_go(dt.date(2027, 1, 1)) == dt.date(2026, 1, 1)


def test_the_night_verifies_the_trail_and_says_so_in_it(sealed):
    from redprop.core.tasks.audit import verify_audit

    behind_the_back("DELETE FROM core_numberopening")
    verify_audit()
    line = AuditLine.objects.filter(kind="done").latest("pk")
    assert (line.reason, line.facts["findings"]) == ("verify_audit", 1)
    record("done")
