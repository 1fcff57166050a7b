"""What the portal holds about one person, for the person's own request (PIPL article 45): as JSON and as a paper.

The ID number is opened for it and logged like any opening; who took the export, when and why, stands in the audit trail.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from redprop.accounts.audit import acting, record
from redprop.accounts.models import User
from redprop.common.documents import Document, Heading, Paragraph, Table, layer_number
from redprop.common.errors import Refused
from redprop.core.models import Person
from redprop.core.services.people import open_id_number
from redprop.core.services.people_rules import rule_of

ONLY_WITH = {"enterprises.PartyStage": "enterprises.view_partystage"}
"""Tables that only holders of a right of their own read, and nobody where PARTY_DEVELOPMENT is off."""
NOT_SHOWN = ("_cipher", "_hash", "sealed", "digest", "pinyin")


def collect(*, person: Person, purpose: str, acting_user: User) -> dict[str, Any]:
    """Everything recorded about the person, in words; the taking is logged. Raises Refused without a purpose."""
    purpose = purpose.strip()
    if len(purpose) < 4:
        raise Refused(
            _("Say for what purpose you take the data, in four characters or more."),
            code="purpose",
            field="purpose",
        )
    with transaction.atomic(), acting(acting_user, purpose):
        number = (
            open_id_number(person=person, purpose=purpose, acting_user=acting_user)
            if person.id_number_cipher
            else ""
        )
        tables = []
        for relation in Person._meta.related_objects:
            table = _rows(relation, person, acting_user)
            if table is not None:
                tables.append(table)
        record(
            "exported",
            user=acting_user,
            register="core_person",
            ids=[person.pk],
            reason=purpose,
            what="data of one person",
        )
    own = {str(_("ID number")): number, **_facts(person)}
    return {
        "district": person.district.name,
        "person": {name: value for name, value in own.items() if value},
        "tables": tables,
        "taken_at": timezone.localtime().isoformat(timespec="minutes"),
        "taken_by": str(acting_user),
        "purpose": purpose,
    }


def _facts(row: models.Model) -> dict[str, str]:
    found = {}
    for field in row._meta.concrete_fields:
        if field.primary_key or field.name.endswith(NOT_SHOWN) or field.name in NOT_SHOWN:
            continue
        display = getattr(row, f"get_{field.name}_display", None)
        value = display() if display else getattr(row, field.name)
        if value in (None, "", [], {}):
            continue
        if isinstance(value, dt.datetime):
            value = f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
        if isinstance(value, bool):
            value = _("yes") if value else _("no")
        found[str(field.verbose_name)] = str(value)
    return found


def _rows(relation: Any, person: Person, user: User) -> dict[str, Any] | None:
    model = relation.related_model
    if any(field.name == "pgh_id" for field in model._meta.concrete_fields):
        return None
    permission = ONLY_WITH.get(model._meta.label)
    if permission and not (settings.PARTY_DEVELOPMENT and user.has_perm(permission)):
        return None
    related = [f.name for f in model._meta.concrete_fields if f.is_relation and f.many_to_one]
    rows = model._base_manager.filter(**{relation.field.name: person}).select_related(*related).order_by("pk")
    facts = []
    for row in rows[:2000]:
        shown = _facts(row)
        shown.pop(str(relation.field.verbose_name), None)
        facts.append(shown)
    if not facts:
        return None
    rule = rule_of(model._meta.label)
    return {
        "table": str(model._meta.verbose_name_plural),
        "purpose": str(rule.purpose) if rule else "",
        "kept": rule.when_in_words if rule else "",
        "rows": facts,
    }


def paper(found: dict[str, Any]) -> Document:
    """The same as a paper to hand over."""
    blocks: list[Any] = [
        Paragraph(
            _(
                "At your request we tell you which data about you the portal of %(district)s holds, as of %(at)s."
            )
            % {"district": found["district"], "at": found["taken_at"].replace("T", " ")[:16]}
        ),
        Heading(layer_number(1) + str(_("The person"))),
        Table((_("field"), _("what is recorded")), list(found["person"].items()), (1, 2)),
    ]
    for number, table in enumerate(found["tables"], start=2):
        blocks.append(Heading(layer_number(number) + table["table"]))
        about = "；".join(filter(None, [table["purpose"], table["kept"]]))
        if about:
            blocks.append(Paragraph(about + "。"))
        blocks.append(
            Table(
                (_("No."), _("content")),
                [
                    (str(place), "；".join(f"{name}：{value}" for name, value in row.items()))
                    for place, row in enumerate(table["rows"], start=1)
                ],
                (1, 9),
            )
        )
    blocks.append(
        Paragraph(
            _(
                "You may have wrong data corrected and, where no law keeps them, deleted. Turn to whoever handed you this paper."
            )
        )
    )
    return Document(
        mark=_("%(district)s: data about one person") % {"district": found["district"]},
        title=_("Data about %(name)s") % {"name": found["person"].get(str(_("name")), "")},
        blocks=blocks,
        name="person-data",
    )
