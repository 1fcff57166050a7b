"""Keys change: data keys row by row while the portal runs, the hash key in one go with nobody at work."""

import base64
import json
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from evaluations.services import key_changes
from evaluations.services.key_changes import change_hash_key, under_keys, waiting
from redprop.common.errors import Refused
from redprop.common.secrets import keyed_hash
from redprop.core.models import Person
from redprop.core.services.people import ABOUT, hash_id_number, open_id_number, save_person

NUMBERS = ["11010519491231002X", "110105194912310038"]
NEW = "n" * 40


@pytest.fixture
def persons(cast) -> list[Person]:
    return [
        save_person(
            person=Person(district=cast.district, code=f"P{place}", name=f"周{place}"),
            acting_user=cast.registrar,
            id_number=number,
        )
        for place, number in enumerate(NUMBERS)
    ]


@pytest.mark.django_db
def test_a_rotation_that_was_killed_goes_on_where_it_was(persons, settings, monkeypatch, cast):
    settings.DATA_KEYS = ["k2:" + base64.b64encode(b"2" * 32).decode(), *settings.DATA_KEYS]
    assert waiting() == 2
    from communities.services import resealing

    real, seen = resealing._reseal, []

    def dies_at_the_second(*args):
        if seen:
            raise KeyboardInterrupt
        seen.append(args)
        return real(*args)

    monkeypatch.setattr(resealing, "_reseal", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        call_command("rotate_keys", stdout=StringIO())
    assert under_keys()["core_person.id_number_cipher"] == {"demo": 1, "k2": 1}
    monkeypatch.setattr(resealing, "_reseal", real)
    said = StringIO()
    call_command("rotate_keys", "--json", stdout=said)
    assert json.loads(said.getvalue())["left"] == waiting() == 0
    settings.DATA_KEYS = settings.DATA_KEYS[:1]
    for person, number in zip(persons, NUMBERS, strict=True):
        person.refresh_from_db()
        assert open_id_number(person=person, purpose="核对换密钥", acting_user=cast.registrar) == number


@pytest.mark.django_db
def test_what_cannot_be_opened_is_counted_and_the_command_says_so(persons, settings):
    settings.DATA_KEYS = ["k2:" + base64.b64encode(b"2" * 32).decode()]
    with pytest.raises(SystemExit) as ended:
        call_command("rotate_keys", stdout=StringIO(), stderr=StringIO())
    assert ended.value.code == 1
    assert waiting() == 2


def test_every_column_that_holds_a_sealed_value_is_moved():
    from django.apps import apps
    from pghistory.models import Event

    known = {(model, field) for model, field in key_changes.ENCRYPTED}
    sealed = {
        (model, field.name)
        for model in apps.get_models()
        if not issubclass(model, Event)
        for field in model._meta.concrete_fields
        if field.name.endswith("_cipher") or field.name in ("sealed", "sealed_key", "secret")
    }
    assert sealed - known == set()


def test_the_hash_key_changes_for_all_rows_at_once_and_numbers_are_still_found(
    transactional_db, persons, settings
):
    before = hash_id_number(NUMBERS[0])
    with connection.cursor() as cursor:  # what a worker of an earlier test has left open
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    done = change_hash_key(new_key=NEW)
    assert done.rows["core.Person"] == 2
    assert not Person.objects.filter(id_number_hash=before).exists()
    settings.HASH_KEY = NEW
    assert Person.objects.get(id_number_hash=hash_id_number(NUMBERS[0])).pk == persons[0].pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'")
        assert cursor.fetchone() == (0,)
    # refused while anybody else is connected
    params = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}
    with connection.get_new_connection(params) as other:
        other.execute("SELECT 1")
        with pytest.raises(Refused) as refused:
            change_hash_key(new_key="m" * 40)
    assert refused.value.code == "not-offline"
    # and whole or not at all
    Person.objects.filter(pk=persons[1].pk).update(id_number_hash=keyed_hash("x", about=ABOUT))
    with pytest.raises(Refused) as refused:
        change_hash_key(new_key="m" * 40)
    assert refused.value.code == "hash-key"
    assert Person.objects.filter(id_number_hash=hash_id_number(NUMBERS[0])).exists()
    for wrong in ("short", NEW):
        with pytest.raises(Refused):
            change_hash_key(new_key=wrong)
