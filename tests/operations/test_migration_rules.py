"""A release only adds: what running code would not survive is refused unless the migration says why."""

import threading
from io import StringIO

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ModelState, ProjectState

from redprop.common.creation import together
from redprop.operations import migration_rules
from redprop.operations.management.commands.migrate import LOCK
from tests.databases import maintenance

OLD = {("core", "paper")}


class WithLater(MigrationLoader):
    """The migrations of this checkout and one of the next release that drops a column."""

    def load_disk(self):
        super().load_disk()
        last = max(name for app, name in self.disk_migrations if app == "communities")
        later = migrations.Migration("0999_later", "communities")
        later.dependencies = [("communities", last)]
        later.operations = [migrations.RemoveField("Compound", "address")]
        self.disk_migrations["communities", later.name] = later


def findings(*operations, reason: str = "") -> list[str]:
    state = ProjectState()
    state.add_model(
        ModelState(
            "core",
            "Paper",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("title", models.CharField(max_length=40, null=True)),
                ("code", models.CharField(max_length=8)),
            ],
        )
    )
    migration = migrations.Migration("0999_next", "core")
    migration.operations = list(operations)
    migration.safe_because = reason  # type: ignore[attr-defined]
    return [str(one) for one in migration_rules.judge(migration, state, OLD)]


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("Paper", "code"),
        migrations.RenameField("Paper", "code", "number"),
        migrations.RenameModel("Paper", "Sheet"),
        migrations.DeleteModel("Paper"),
        migrations.AlterModelTable("Paper", "sheets"),
        migrations.AddField("Paper", "pages", models.IntegerField(default=1)),
        migrations.AlterField("Paper", "title", models.CharField(max_length=40)),
        migrations.AlterField("Paper", "code", models.CharField(max_length=6)),
        migrations.AlterField("Paper", "code", models.CharField(max_length=8, unique=True)),
        migrations.AlterField("Paper", "code", models.IntegerField()),
        migrations.RunSQL("ALTER TABLE core_paper DROP COLUMN code"),
        migrations.RunSQL("ALTER TABLE core_paper ALTER COLUMN title SET NOT NULL"),
    ],
    ids=lambda operation: operation.describe()[:40],
)
def test_what_running_code_would_not_survive_is_refused(operation):
    assert len(findings(operation)) == 1
    assert len(findings(*together([operation]))) == 1
    (marked,) = findings(operation, reason="nobody has read it since release 3")
    assert "marked: nobody" in marked
    assert "marked" not in findings(operation, reason="ok")[0]


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("Paper", "pages", models.IntegerField(null=True)),
        migrations.AddField("Paper", "pages", models.IntegerField(db_default=1)),
        migrations.AlterField("Paper", "code", models.CharField(max_length=12)),
        migrations.AlterField("Paper", "code", models.CharField(max_length=8, null=True)),
        AddIndexConcurrently("Paper", models.Index(fields=["code"], name="paper_code")),
        migrations.RunSQL("CREATE INDEX x ON core_paper (code)"),
    ],
    ids=lambda operation: operation.describe()[:40],
)
def test_what_only_adds_is_allowed(operation):
    assert findings(operation) == []


def test_a_table_of_the_same_release_may_still_be_formed():
    create = migrations.CreateModel("Leaf", [("id", models.BigAutoField(primary_key=True))])
    add = migrations.AddField("Leaf", "size", models.IntegerField(default=0))
    assert findings(create, add) == []


def test_this_checkout_keeps_the_rules():
    assert [str(one) for one in migration_rules.judge_all() if not one.reason] == []


def test_after_a_release_the_checker_judges_what_came_later(tmp_path, monkeypatch):
    monkeypatch.setattr(migration_rules, "RELEASED", tmp_path / "released.json")
    call_command("check_migrations", "--release", "1.0", stdout=StringIO())
    assert migration_rules.judge_all() == []
    told = migration_rules.read_released()
    assert set(told) >= {"accounts", "areas", "core", "enterprises", "communities", "evaluations"}
    monkeypatch.setattr(migration_rules, "MigrationLoader", WithLater)
    assert [str(one).split(":")[0] for one in migration_rules.judge_all()] == ["communities 0999_later"]
    with pytest.raises(SystemExit):
        call_command("check_migrations", stdout=StringIO())


def test_a_database_of_a_state_that_was_never_released_is_refused_unchanged(db):
    recorder = MigrationRecorder(connection)
    recorder.record_applied("core", "0120_namesakes_told_apart")
    # as after going back to an older program: it knows less than the database, and has nothing to apply
    call_command("migrate", "core", plan=True, stdout=StringIO())
    recorder.record_unapplied("core", "0002_rows_that_never_change")
    with pytest.raises(CommandError, match=r"core\.0120_namesakes_told_apart.*make clean"):
        call_command("migrate", stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_of_two_deployments_one_waits():
    told = StringIO()
    with maintenance() as server:
        connection.ensure_connection()
        given = server.info.get_parameters() | {"dbname": connection.settings_dict["NAME"]}
        given["password"] = server.info.password
        import psycopg

        with psycopg.connect(**given, autocommit=True) as other:
            other.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            second = threading.Thread(
                target=lambda: (call_command("migrate", "auth", stdout=told), connection.close())
            )
            second.start()
            second.join(2)
            assert second.is_alive()
            assert "waiting" in told.getvalue()
            other.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
            second.join(60)
            assert not second.is_alive()
    assert "No migrations to apply" in told.getvalue()
