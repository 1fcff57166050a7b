"""The record of processing (个人信息处理活动记录) for the impact assessment: written from the rules and the models."""

import datetime as dt
from typing import Any

from django.apps import apps
from django.conf import settings
from django.utils.translation import gettext as _

from redprop.accounts.permissions import ROLE_PERMISSIONS
from redprop.accounts.roles import Role
from redprop.common.documents import Document, Heading, Paragraph, Table, layer_number
from redprop.core.services.people_rules import RULES, Act, Rule, Whom


def readers(label: str) -> str:
    """The roles that may open the table's page, in words."""
    roles = [Role(role).label for role, models in ROLE_PERMISSIONS.items() if label.lower() in models]
    return "、".join(map(str, roles)) or str(_("no page of its own"))


def period(rule: Rule) -> str:
    """How long, in words."""
    if rule.kept_months and rule.act in (Act.DELETE, Act.BLANK):
        since = (
            str(rule.when)
            if rule.when
            else str(apps.get_model(rule.label)._meta.get_field(rule.since).verbose_name)
        )
        return _("%(months)s months after: %(since)s; then %(act)s") % {
            "months": rule.kept_months,
            "since": since,
            "act": rule.act.label,
        }
    return "；".join(filter(None, [rule.when_in_words, str(rule.act.label)]))


def fields_in_words(rule: Rule) -> str:
    """The personal fields as their labels, encrypted ones marked."""
    if rule.listed:
        return str(rule.listed)
    model = apps.get_model(rule.label)
    names = {f.name: f for f in model._meta.concrete_fields}
    listed = [n for n in rule.fields if n in names] or [
        n
        for n, f in names.items()
        if f.is_relation and f.related_model and f.related_model._meta.label == "accounts.User"
    ]
    words = []
    for name in listed:
        title = str(names[name].verbose_name)
        sealed = name.endswith("_cipher") or name.startswith("sealed")
        words.append(_("%(field)s*") % {"field": title} if sealed else title)
    return "、".join(words)


def processing_record(*, today: dt.date, issuer: str) -> Document:
    """The record as an official paper: by group of persons, each table with purpose, ground, fields, readers, time."""
    blocks: list[Any] = [
        Heading(layer_number(1) + _("What this record is")),
        Paragraph(
            _(
                "This record names every table of the portal that holds personal data. It is written by the system from its rules and serves the impact assessment (PIPL articles 55 and 56); keep it with the assessment for three years."
            )
        ),
        Paragraph(
            _(
                "Grounds: “duty by law” is the duty of a public office by law (PIPL article 13 (3)), “agreement of the person” is article 13 (1)."
            )
        ),
        Paragraph(
            _(
                "No resident's ID number is stored; no profile of a person is kept; ID numbers and accounts are encrypted, shown masked, and opened only for a purpose that is logged. Nothing is given abroad. Backups are encrypted and hold no key."
            )
        ),
    ]
    for number, whom in enumerate(Whom, start=2):
        rules = [rule for rule in RULES if rule.whom == whom]
        blocks.append(Heading(layer_number(number) + str(whom.label)))
        rows = [
            (
                str(rule.title or apps.get_model(rule.label)._meta.verbose_name)
                + ("※" if rule.sensitive else ""),
                str(rule.purpose),
                fields_in_words(rule),
                str(rule.ground),
                readers(rule.label),
                period(rule),
            )
            for rule in rules
        ]
        head = (_("table"), _("purpose"), _("fields"), _("legal ground"), _("who reads it"), _("how long"))
        blocks.append(Table(head, rows, (2, 2, 3, 1.4, 2.4, 3)))
    more = len(Whom) + 2
    blocks += [
        Heading(layer_number(more) + _("To whom data go")),
        Paragraph(
            _(
                "Bank: holder, account and amount of each approved payment, as an encrypted file fetched by one person after the approval of another. City platforms: requests under their code, without contacts. Public: posts and work telephones; a manager's name only where the legal basis, the assessment and the notice to the person are on record."
            )
        ),
        Heading(layer_number(more + 1) + _("How it is guarded")),
        Paragraph(
            _(
                "Rights by role, area and date; three administrators apart; second factor for staff; every change, opening, export and sign-in in a trail that the database keeps, sealed in blocks; kept for %(months)s months. Former versions hold no personal value of the fields marked as such."
            )
            % {"months": settings.AUDIT_MONTHS}
        ),
        Paragraph(_("※ sensitive personal data. * kept encrypted.")),
    ]
    return Document(
        mark=issuer,
        title=_("Record of the processing of personal data"),
        issued=f"{today.year}年{today.month}月{today.day}日",
        blocks=blocks,
        name="processing-record",
    )
