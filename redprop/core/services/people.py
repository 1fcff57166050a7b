"""Writes persons and their encrypted ID numbers. Opening a number asks for a purpose and is logged."""

import datetime as dt
from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting
from redprop.accounts.models import User
from redprop.accounts.services.openings import check_opening
from redprop.common.errors import Refused
from redprop.common.identifiers import check_resident_id, mask_resident_id
from redprop.common.secrets import keyed_hash, needs_new_key, seal, unseal
from redprop.core.models import NumberOpening, Person
from redprop.core.services.search_keys import fill_person

ABOUT = "person-id-number"


def hash_id_number(number: str) -> str:
    """The keyed hash by which a person is found; raises Refused for a number that cannot be one."""
    return keyed_hash(check_resident_id(number), about=ABOUT)


def set_id_number(person: Person, number: str) -> None:
    """Put the number's cipher and hash on the person, unsaved; an empty number changes nothing."""
    if not number:
        return
    checked = check_resident_id(number)
    person.id_number_cipher = seal(checked, about=ABOUT)
    person.id_number_hash = keyed_hash(checked, about=ABOUT)


def masked_id_number(person: Person) -> str:
    """The number as shown everywhere: 35*************123, or empty."""
    if not person.id_number_cipher:
        return ""
    return mask_resident_id(unseal(person.id_number_cipher, about=ABOUT))


BornCheck = Callable[[Person, dt.date], None]
_BORN_CHECKS: list[BornCheck] = []


def also_check_born(check: BornCheck) -> BornCheck:
    """Add a rule that an app further up has about who has a new ID number: posts and degrees it would contradict."""
    _BORN_CHECKS.append(check)
    return check


def check_born(person: Person, number: str) -> None:
    """Refuse a number whose date of birth contradicts what is recorded about the person."""
    if person.pk is not None and number:
        for check in _BORN_CHECKS:
            check(person, birth_date_in(check_resident_id(number)))


def save_person(*, person: Person, acting_user: User | None, id_number: str = "", reason: str = "") -> Person:
    """Write a new or changed person; the number is encrypted on the way in."""
    check_born(person, id_number)
    set_id_number(person, id_number)
    fill_person(person)
    if person._state.adding:
        person.recorded_by = acting_user.username if acting_user else "system"
    with transaction.atomic(), acting(acting_user, reason):
        person.save()
    return person


def open_id_number(*, person: Person, purpose: str, acting_user: User) -> str:
    """The number in full, after the opening and its purpose are logged."""
    purpose = check_opening(purpose=purpose, acting_user=acting_user)
    if not person.id_number_cipher:
        raise Refused(_("No ID number is recorded for this person."), code="no-number")
    with transaction.atomic():
        NumberOpening.objects.create(
            person=person, user=acting_user, purpose=purpose, recorded_by=acting_user.username
        )
        return unseal(person.id_number_cipher, about=ABOUT)


def reseal_id_number(*, person: Person, acting_user: User | None) -> bool:
    """Encrypt the number under the newest key; true when it was under another."""
    with transaction.atomic(), acting(acting_user, "key rotation"):
        row = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
        if not row.id_number_cipher or not needs_new_key(row.id_number_cipher):
            return False
        row.id_number_cipher = seal(unseal(row.id_number_cipher, about=ABOUT), about=ABOUT)
        row.save(update_fields=["id_number_cipher"])
    return True


def birth_date_of(person: Person) -> dt.date | None:
    """The date of birth within the ID number, for a check that shows neither; None without a number."""
    if not person.id_number_cipher:
        return None
    return birth_date_in(unseal(person.id_number_cipher, about=ABOUT))


def birth_date_in(number: str) -> dt.date:
    """The date of birth within a checked ID number."""
    return dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
