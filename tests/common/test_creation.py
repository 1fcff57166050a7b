"""The changes of a migration made in one go are the same as made step by step."""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

from redprop.common.creation import ChangeTogether, together


def test_changes_of_tables_are_joined_and_sql_keeps_its_place_between_them():
    extension = BtreeGistExtension()
    create = migrations.CreateModel("Street", [("id", models.BigAutoField(primary_key=True))])
    name = migrations.AddField("street", "name", models.CharField(max_length=9, default=""))
    sql = migrations.RunSQL("SELECT 1")
    index = migrations.AddIndex("street", models.Index(fields=["name"], name="street_name"))
    other = migrations.AddField("older", "name", models.CharField(max_length=9, default=""))
    first, joined, *rest = together([extension, create, name, other, sql, index])
    assert first is extension
    assert isinstance(joined, ChangeTogether)
    assert joined.operations == [create, name, other]
    assert joined.created == ["Street"]
    assert joined.later == [other]  # the field of the new table stands in the table from the start
    assert rest[0] is sql
    assert rest[1].later == [index]


def test_the_state_afterwards_has_fields_and_indexes_that_were_added():
    create = migrations.CreateModel("Street", [("id", models.BigAutoField(primary_key=True))])
    name = migrations.AddField("street", "name", models.CharField(max_length=9, default=""))
    state = migrations.state.ProjectState()
    together([create, name])[0].state_forwards("areas", state)
    assert list(state.models["areas", "street"].fields) == ["id", "name"]
    assert state.apps.get_model("areas", "Street")._meta.get_field("name").max_length == 9


def test_a_migration_that_creates_nothing_stays_as_it_is():
    sql = migrations.RunSQL("SELECT 1")
    assert together([sql]) == [sql]
