"""One person recorded twice: proposals, merging with everything that hangs on the record, and telling namesakes apart.

Nothing is merged by itself. A record merged away keeps its code and points to the one that stays.
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from pghistory.models import Event

from redprop.accounts.audit import acting
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.tabular.saving import constraint_message
from redprop.core.models import DistinctPersons, NumberOpening, Person

MOST = 200
STAGES = "enterprises.partystage"
"""Never spoken of in a message: who merges need not be allowed to know of stages."""


@dataclass(frozen=True)
class Pair:
    """Two records that may be one person, and why."""

    first: Person
    second: Person
    same_name: bool
    same_phone: bool


def proposals(district: District, most: int = MOST) -> list[Pair]:
    """Records of one name, or of one work telephone and one pinyin, that nobody has told apart (two queries).

    Two records with different ID numbers are two persons.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.id, b.id, a.name = b.name, a.work_phone <> '' AND a.work_phone = b.work_phone
            FROM core_person a JOIN core_person b ON b.district_id = a.district_id AND b.id > a.id
              AND (b.name = a.name OR (a.work_phone <> '' AND b.work_phone = a.work_phone AND b.pinyin = a.pinyin))
            WHERE a.district_id = %s AND a.merged_into_id IS NULL AND b.merged_into_id IS NULL
              AND NOT (a.id_number_hash <> '' AND b.id_number_hash <> '')
              AND NOT EXISTS (SELECT 1 FROM core_distinctpersons d WHERE d.first_id = a.id AND d.second_id = b.id)
            ORDER BY a.pinyin, a.id, b.id LIMIT %s""",
            [district.pk, most],
        )
        found = cursor.fetchall()
    people = Person.objects.in_bulk({pk for row in found for pk in row[:2]})
    return [Pair(people[a], people[b], name, phone) for a, b, name, phone in found]


def tell_apart(*, first: Person, second: Person, acting_user: User | None) -> None:
    """Record that two records are two persons."""
    low, high = sorted((first, second), key=lambda one: one.pk)
    if low.district_id != high.district_id or low.pk == high.pk:
        raise Refused(_("Choose two different records of one district."), code="pair")
    with transaction.atomic(), acting(acting_user, "namesakes told apart"):
        DistinctPersons.objects.get_or_create(
            first=low,
            second=high,
            defaults={"recorded_by": acting_user.username if acting_user else "system"},
        )


def merge_persons(*, kept: Person, gone: Person, acting_user: User | None) -> int:
    """Move everything from `gone` to `kept`; returns how many rows moved. Refuses what contradicts itself."""
    if kept.pk == gone.pk or kept.district_id != gone.district_id:
        raise Refused(_("Choose two different records of one district."), code="pair")
    with transaction.atomic(), acting(acting_user, f"{gone.code} is {kept.code}"):
        locked = {
            one.pk: one
            for one in Person.objects.select_for_update(of=("self",))
            .filter(pk__in=[kept.pk, gone.pk])
            .order_by("pk")
        }
        kept, gone = locked[kept.pk], locked[gone.pk]
        if kept.merged_into_id or gone.merged_into_id:
            raise Refused(_("One of the two is already merged. Load the page again."), code="merged")
        if kept.id_number_hash and gone.id_number_hash:
            raise Refused(
                _("Both records have an ID number, and the two differ: these are two persons."),
                code="numbers",
            )
        moved = _move(kept, gone)
        gone.merged_into = kept
        cipher, digest = gone.id_number_cipher, gone.id_number_hash
        gone.id_number_cipher = gone.id_number_hash = ""
        gone.save(update_fields=["merged_into", "id_number_cipher", "id_number_hash"])
        changed = []
        if digest:
            kept.id_number_cipher, kept.id_number_hash = cipher, digest
            changed += ["id_number_cipher", "id_number_hash"]
        if gone.work_phone and not kept.work_phone:
            kept.work_phone = gone.work_phone
            changed.append("work_phone")
        if changed:
            kept.save(update_fields=changed)
        Person.objects.filter(merged_into=gone).update(merged_into=kept)
    return moved


def _move(kept: Person, gone: Person) -> int:
    moved = 0
    for relation in Person._meta.related_objects:
        model, name = relation.related_model, relation.field.name
        label = model._meta.label_lower
        if model in (Person, DistinctPersons, NumberOpening) or issubclass(model, Event):
            continue
        if label == STAGES and not settings.PARTY_DEVELOPMENT:
            continue
        try:
            with transaction.atomic():
                moved += model._default_manager.filter(**{name: gone}).update(**{name: kept})
        except IntegrityError as error:
            raise Refused(
                _reason(label, str(model._meta.verbose_name), error), code="contradiction"
            ) from error
    return moved


def _reason(label: str, title: str, error: IntegrityError) -> str:
    if label == STAGES:
        return _("These two records contradict each other. Ask the organisation department to look at them.")
    diagnosis = getattr(error.__cause__, "diag", None)
    if getattr(diagnosis, "sqlstate", "") == "23001":
        return _(
            "What was paid or published under %(title)s stays with its record. Keep that record and merge the other into it."
        ) % {"title": title}
    if getattr(diagnosis, "sqlstate", "") == "23505":
        return _("Both records have an entry in “%(title)s”. Correct or end one of them first.") % {
            "title": title
        }
    return f"{title}：{constraint_message(error)}"
