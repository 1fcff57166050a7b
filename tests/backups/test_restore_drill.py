"""The restore drill: a small district goes into one file and comes out of it in another database, row for row."""

import base64
import json
import os
import resource
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection

from redprop.common.backups import cipher, database
from redprop.common.errors import Refused
from redprop.core.models import Person
from redprop.core.services import backups
from redprop.core.services.audit_verifying import verify
from redprop.core.services.people import open_id_number, save_person
from tests.databases import building, copy_database, migrated_template, pointed_at

KEY = ("key", b"k" * 32)
NUMBER = "11010519491231002X"


@pytest.fixture
def portal(tmp_path, settings, monkeypatch, db) -> Path:
    """An installation with two files and what `migrate` has written; the folder for backups."""
    settings.MEDIA_ROOT, settings.PUBLISHED_ROOT = tmp_path / "media", tmp_path / "published"
    (settings.MEDIA_ROOT / "attachments").mkdir(parents=True)
    (settings.MEDIA_ROOT / "attachments" / "证据.jpg").write_bytes(os.urandom(3_000_000))
    settings.PUBLISHED_ROOT.mkdir()
    (settings.PUBLISHED_ROOT / "index.html").write_text("红榜")
    monkeypatch.setenv("BACKUP_KEY", base64.b64encode(KEY[1]).decode())
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def person(transactional_db, cast) -> Person:
    """A person with an ID number, a name that COPY has to escape, and a former version."""
    person = Person(district=cast.district, code="P1", name="周明\t换\\n行")
    save_person(person=person, acting_user=cast.registrar, id_number=NUMBER)
    person.name = "周明"
    return save_person(person=person, acting_user=cast.registrar, reason="改名")


@pytest.fixture
def other_database(transactional_db) -> Iterator[str]:
    """An empty migrated database beside the one of the tests."""
    name = f"{connection.settings_dict['NAME']}_restored"[:63]
    with building() as server:
        copy_database(server, migrated_template(server), name)
    yield name
    with building() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def contents() -> dict[str, tuple[int, str]]:
    """Rows and digest of every table, asked of PostgreSQL itself and not of the backup's code."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f"SELECT count(*), coalesce(md5(string_agg(md5(t::text), ',' ORDER BY md5(t::text))), '') FROM \"{table}\" t"
            )
            found[table] = cursor.fetchone()
    return found


def files(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_what_was_backed_up_comes_back_row_for_row_into_an_empty_database(
    person, portal, other_database, settings, tmp_path, cast, monkeypatch
):
    out, said = portal / "portal.backup", StringIO()
    before, media = contents(), files(settings.MEDIA_ROOT)
    call_command("backup", str(out), "--json", stdout=said)
    told = json.loads(said.getvalue())
    assert told["encrypted"]
    assert told["files"] == 2
    assert out.stat().st_mode & 0o777 == 0o600
    packed = out.read_bytes()
    for secret in ("周明".encode(), b"redprop-core", b"index.html", KEY[1]):
        assert secret not in packed
    settings.MEDIA_ROOT, settings.PUBLISHED_ROOT = tmp_path / "media2", tmp_path / "published2"
    with pointed_at(other_database):
        with monkeypatch.context() as patched:
            real = backups.database.Loading.finish

            def one_row_less(self, sequences):
                self.cursor.execute("DELETE FROM core_personevent")
                real(self, sequences)

            patched.setattr(backups.database.Loading, "finish", one_row_less)
            with pytest.raises(Refused, match="core_personevent"):
                backups.restore(source=out, secret=lambda: KEY)
        assert not Person.objects.exists()
        assert not settings.MEDIA_ROOT.exists()
        said = StringIO()
        call_command("restore", str(out), "--json", stdout=said)
        assert json.loads(said.getvalue())["rows"] == told["rows"] > 100
        now = contents()
        for trail in ("accounts_auditline", "accounts_auditpending"):
            assert now.pop(trail)[0] == before.pop(trail)[0] + 1  # the line that says it was restored
        assert now == before
        assert verify().findings == []
        assert files(settings.MEDIA_ROOT) == media
        assert (settings.PUBLISHED_ROOT / "index.html").read_text() == "红榜"
        person = Person.objects.get(code="P1")
        assert open_id_number(person=person, purpose="演练核对", acting_user=cast.registrar) == NUMBER
        # numbers go on after the last ones, triggers and foreign keys are back
        assert Person.objects.create(district=cast.district, code="P2", name="李").pk > person.pk
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'")
            assert cursor.fetchone() == (0,)
            cursor.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f'")
            keys = cursor.fetchone()
        with pytest.raises(Refused, match=r"holds rows|里有数据"):
            backups.restore(source=out, secret=lambda: KEY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_constraint WHERE contype = 'f'")
        assert cursor.fetchone() == keys


def test_columns_travel_by_their_names_whatever_order_a_database_holds_them_in(db):
    """Two texts that changed places would compare equal: rows are copied, and compared, by name."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE elsewhere (reason text, recorded_by text, id int PRIMARY KEY, at date)")
        found = next(one for one in database.tables_of(cursor.cursor) if one.name == "elsewhere")
    assert found.columns == ("at", "id", "reason", "recorded_by")


def test_a_backup_without_its_keys_is_refused(portal, settings):
    out = portal / "a"
    backups.back_up(out=out, secret=KEY)
    settings.DATA_KEYS = ["demo:" + base64.b64encode(b"x" * 32).decode()]
    about, _manifest = backups.look_into(source=out, secret=lambda: KEY)
    assert "key" not in json.dumps(about).replace("keys", "") or settings.HASH_KEY not in json.dumps(about)
    with pytest.raises(Refused) as refused:
        backups.check_fits(about)
    assert refused.value.fields["missing"] == ["DATA_KEYS demo"]
    settings.DATA_KEYS = [settings.DATA_KEYS[0].replace("demo", "k2")]
    settings.HASH_KEY = "another"
    with pytest.raises(Refused) as refused:
        backups.check_fits(about)
    assert refused.value.fields["missing"] == ["DATA_KEYS demo", "HASH_KEY"]


def test_a_newer_key_in_front_of_the_old_one_fits(portal, settings):
    out = portal / "a"
    backups.back_up(out=out, secret=KEY)
    settings.DATA_KEYS = ["new:" + base64.b64encode(b"x" * 32).decode(), *settings.DATA_KEYS]
    backups.check_fits(backups.look_into(source=out, secret=lambda: KEY)[0])


def test_a_backup_of_another_version_is_refused_with_its_name(portal, monkeypatch):
    backups.back_up(out=portal / "a", secret=KEY)
    about = backups.look_into(source=portal / "a", secret=lambda: KEY)[0]
    with pytest.raises(Refused, match="zz_later"):
        backups.check_fits({**about, "migrations": [*about["migrations"], "core.9999_zz_later"]})
    with pytest.raises(Refused, match=r"core\.0001_initial"):
        backups.check_fits(
            {**about, "migrations": [m for m in about["migrations"] if m != "core.0001_initial"]}
        )


def test_a_cut_swapped_or_changed_file_is_refused(portal):
    out = portal / "a"
    backups.back_up(out=out, secret=KEY)
    whole = out.read_bytes()
    start = whole.index(b"\n") + 1
    piece = cipher.PIECE + cipher.TAG
    assert len(whole) > start + 2 * piece
    broken = {
        "cut in a piece": whole[:-100],
        "cut between pieces": whole[: start + piece],
        "last piece missing": whole[: start + 2 * piece],
        "one bit": whole[: start + piece + 9]
        + bytes([whole[start + piece + 9] ^ 1])
        + whole[start + piece + 10 :],
        "pieces swapped": whole[:start]
        + whole[start + piece : start + 2 * piece]
        + whole[start : start + piece]
        + whole[start + 2 * piece :],
        "something behind": whole + b"x",
        "other header": whole.replace(b'"by": "key"', b'"by":  "key"', 1),
    }
    for what, content in broken.items():
        out.write_bytes(content)
        with pytest.raises(Refused) as refused:
            backups.look_into(source=out, secret=lambda: KEY)
        assert refused.value.code in ("backup-damaged", "backup-key"), what
    out.write_bytes(whole)
    with pytest.raises(Refused) as refused:
        backups.look_into(source=out, secret=lambda: ("key", b"K" * 32))
    assert refused.value.code == "backup-key"


def test_a_full_disk_leaves_no_half_backup(portal):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    try:
        with pytest.raises(Refused) as refused:
            backups.back_up(out=portal / "a", secret=KEY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refused.value.code == "disk-full"
    assert list(portal.iterdir()) == []


def test_a_backup_is_one_moment_and_overwrites_nothing(portal, monkeypatch):
    real, groups = backups.database.rows_of, Group.objects.count()
    params = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}

    def disturbed(cursor, table):
        if table.name in ("accounts_user", "auth_group"):
            with connection.get_new_connection(params) as other:
                other.execute("INSERT INTO auth_group (name) VALUES (%s)", [f"zz {table.name}"])
        return real(cursor, table)

    monkeypatch.setattr(backups.database, "rows_of", disturbed)
    try:
        backups.back_up(out=portal / "a", secret=KEY)
    finally:
        with connection.get_new_connection(params) as other:
            other.execute("DELETE FROM auth_group WHERE name LIKE 'zz %'")
    assert backups.look_into(source=portal / "a", secret=lambda: KEY)[1]["tables"]["auth_group"][0] == groups
    with pytest.raises(Refused, match=r"overwrites|覆盖"):
        backups.back_up(out=portal / "a", secret=KEY)


def test_a_passphrase_opens_what_it_closed_and_an_open_backup_is_checked_too(portal, monkeypatch, settings):
    monkeypatch.setattr(cipher, "SCRYPT", {"n": 1 << 10, "r": 8, "p": 1})
    words = cipher.secret_from({"BACKUP_PASSPHRASE": "十二个字以上的口令才算数啊"})
    for path in settings.MEDIA_ROOT.rglob("*.jpg"):
        path.unlink()
    backups.back_up(out=portal / "a", secret=words)
    backups.look_into(source=portal / "a", secret=lambda: words)
    with pytest.raises(Refused, match=r"passphrase|口令"):
        backups.look_into(source=portal / "a", secret=lambda: KEY)
    backups.back_up(out=portal / "b", secret=None)
    backups.look_into(source=portal / "b", secret=lambda: pytest.fail("no key is needed"))
    content = (portal / "b").read_bytes()
    (portal / "b").write_bytes(content.replace("红榜".encode(), "黑榜".encode()))
    with pytest.raises(Refused):
        backups.look_into(source=portal / "b", secret=lambda: KEY)
    with pytest.raises(Refused):
        cipher.secret_from({})
    with pytest.raises(Refused):
        cipher.secret_from({"BACKUP_PASSPHRASE": "short"})
