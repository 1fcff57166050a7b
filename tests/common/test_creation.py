"""Tables of a first migration made in one go are the same as made step by step."""

from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

from redprop.common.creation import CreateTogether, together


def test_what_concerns_new_models_is_joined_and_the_rest_keeps_its_side():
    extension = BtreeGistExtension()
    create = migrations.CreateModel("Street", [("id", models.BigAutoField(primary_key=True))])
    name = migrations.AddField("street", "name", models.CharField(max_length=9, default=""))
    sql = migrations.RunSQL("SELECT 1")
    index = migrations.AddIndex("street", models.Index(fields=["name"], name="street_name"))
    other = migrations.AddField("older", "name", models.CharField(max_length=9, default=""))
    first, joined, *rest = together([extension, create, name, sql, index, other])
    assert first is extension
    assert isinstance(joined, CreateTogether)
    assert joined.operations == [create, name, index]
    assert rest == [sql, other]


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
