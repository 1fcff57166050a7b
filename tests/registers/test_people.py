"""ID numbers: encrypted, matched by a keyed hash, shown masked, opened for a logged purpose."""

import base64

import pytest
from django.db import connection
from django.db.utils import DatabaseError

from redprop.common.errors import Refused
from redprop.common.secrets import keyed_hash, seal, unseal
from redprop.core.models import NumberOpening, Person
from redprop.core.services.people import (
    masked_id_number,
    open_id_number,
    reseal_id_number,
    save_person,
)

pytestmark = pytest.mark.django_db

NUMBER = "11010519491231002X"  # the test number of GB 11643
OTHER = "440524188001010014"


@pytest.fixture
def person(cast) -> Person:
    return save_person(
        person=Person(district=cast.district, code="RY1", name="张三丰"), acting_user=None, id_number=NUMBER
    )


def test_the_number_stands_nowhere_in_the_database(person):
    with connection.cursor() as cursor:
        cursor.execute("SELECT p::text FROM core_person p WHERE id = %s", [person.pk])
        row = cursor.fetchone()[0]
    assert NUMBER not in row
    assert NUMBER[:17] not in row
    assert person.id_number_cipher.startswith("demo:")


def test_it_is_shown_masked(person):
    assert masked_id_number(person) == "11*************02X"


def test_the_same_number_twice_is_refused_in_the_page(person, client, cast):
    client.force_login(cast.registrar)
    answer = client.post(
        "/admin/core/person/add/", {"code": "RY2", "name": "李四", "id_number": NUMBER.lower()}
    )
    assert "id_number" in answer.context["adminform"].form.errors
    assert Person.objects.count() == 1


def test_a_number_with_a_wrong_check_digit_is_refused_without_repeating_it(client, cast):
    client.force_login(cast.registrar)
    wrong = NUMBER[:17] + "1"
    answer = client.post("/admin/core/person/add/", {"code": "RY2", "name": "李四", "id_number": wrong})
    message = str(answer.context["adminform"].form.errors["id_number"])
    assert wrong not in message
    assert not Person.objects.exists()


def test_an_empty_field_keeps_the_number(person, client, cast):
    client.force_login(cast.registrar)
    client.post(f"/admin/core/person/{person.pk}/change/", {"code": "RY1", "name": "张三", "id_number": ""})
    person.refresh_from_db()
    assert person.name == "张三"
    assert masked_id_number(person) == "11*************02X"


def test_opening_asks_for_a_purpose_is_logged_and_counted_by_the_hour(person, cast, settings):
    with pytest.raises(Refused):
        open_id_number(person=person, purpose="  看 ", acting_user=cast.registrar)
    assert not NumberOpening.objects.exists()
    assert open_id_number(person=person, purpose="核对社保记录", acting_user=cast.registrar) == NUMBER
    logged = NumberOpening.objects.get()
    assert (logged.person, logged.user, logged.purpose) == (person, cast.registrar, "核对社保记录")
    settings.OPENINGS_AN_HOUR = 1
    with pytest.raises(Refused, match="一小时内"):
        open_id_number(person=person, purpose="核对社保记录", acting_user=cast.registrar)


def test_the_page_shows_the_number_only_after_the_purpose(person, client, cast):
    client.force_login(cast.registrar)
    address = f"/admin/core/person/{person.pk}/open-number/"
    assert NUMBER not in client.get(address).content.decode()
    assert NUMBER not in client.post(address, {"purpose": ""}).content.decode()
    assert NUMBER in client.post(address, {"purpose": "核对社保记录"}).content.decode()
    assert NUMBER not in client.get(f"/admin/core/person/{person.pk}/change/").content.decode()


@pytest.mark.parametrize("role", ["evaluator", "approver", "system_administrator"])
def test_other_roles_cannot_open_numbers(person, client, cast, role):
    client.force_login(cast.by_role[role])
    address = f"/admin/core/person/{person.pk}/open-number/"
    assert client.post(address, {"purpose": "核对社保记录"}).status_code == 403
    assert not NumberOpening.objects.exists()


def test_a_foreign_registrar_cannot_even_learn_that_the_person_exists(person, client, cast):
    client.force_login(cast.foreign["registrar"])
    address = f"/admin/core/person/{person.pk}/open-number/"
    assert client.post(address, {"purpose": "核对社保记录"}).status_code == 404
    assert not NumberOpening.objects.exists()


def test_the_log_of_openings_never_changes(person, cast):
    open_id_number(person=person, purpose="核对社保记录", acting_user=cast.registrar)
    with pytest.raises(DatabaseError):
        NumberOpening.objects.update(purpose="别的")


def test_a_row_moves_to_a_new_key_by_itself(person, settings):
    new_key = base64.b64encode(b"n" * 32).decode()
    settings.DATA_KEYS = [f"new:{new_key}", *settings.DATA_KEYS]
    before = person.id_number_hash
    assert reseal_id_number(person=person, acting_user=None)
    person.refresh_from_db()
    assert person.id_number_cipher.startswith("new:")
    assert person.id_number_hash == before
    assert masked_id_number(person) == "11*************02X"
    assert not reseal_id_number(person=person, acting_user=None)


def test_a_missing_key_or_a_changed_value_is_a_sentence(person, settings):
    damaged = person.id_number_cipher[:-4] + "AAA="
    with pytest.raises(Refused) as found:
        unseal(damaged, about="person-id-number")
    assert found.value.code == "data-damaged"
    settings.DATA_KEYS = [f"new:{base64.b64encode(b'n' * 32).decode()}"]
    with pytest.raises(Refused) as found:
        masked_id_number(person)
    assert found.value.code == "data-key"


def test_one_value_is_never_sealed_alike_twice_but_hashed_alike():
    assert seal(NUMBER, about="x") != seal(NUMBER, about="x")
    assert keyed_hash(NUMBER, about="x") == keyed_hash(NUMBER, about="x")
    assert keyed_hash(NUMBER, about="x") != keyed_hash(NUMBER, about="y")
    assert keyed_hash(NUMBER, about="x") != keyed_hash(OTHER, about="x")
