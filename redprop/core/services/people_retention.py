"""Applies the rules of personal data: what is past its time goes, and the audit trail says how many rows of what."""

import datetime as dt
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from redprop.accounts.audit import acting, record
from redprop.accounts.models import Posting, User
from redprop.core.models import Person
from redprop.core.services.people_rules import ENDED, RULES, Act, Rule

AT_MOST = 10_000
"""Rows of a table in one night: the next night goes on."""


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day `months` earlier, or the last of a shorter month."""
    index = day.year * 12 + day.month - 1 - months
    first = dt.date(index // 12, index % 12 + 1, 1)
    following = dt.date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return min(first + dt.timedelta(days=day.day - 1), following - dt.timedelta(days=1))


def over(rule: Rule, today: dt.date) -> models.QuerySet:
    """Rows whose time under the rule is over and which still hold something."""
    model = apps.get_model(rule.label)
    before = months_before(today, rule.kept_months)
    if rule.label in ENDED:
        rows = ENDED[rule.label](before)
    else:
        is_time = isinstance(model._meta.get_field(rule.since), models.DateTimeField)
        limit: Any = timezone.make_aware(dt.datetime.combine(before, dt.time())) if is_time else before
        rows = model._base_manager.filter(**{f"{rule.since}__lt": limit})
    if rule.act == Act.BLANK:
        left = Q()
        for name, empty in rule.blank.items():
            left |= ~Q(**{name: empty})
        rows = rows.filter(left)
    return rows


def apply_rules(*, today: dt.date | None = None) -> dict[str, int]:
    """Delete or empty what is past its time; returns how many rows of which table. Safe to run twice."""
    day = today or timezone.localdate()
    done: dict[str, int] = {}
    for rule in RULES:
        if rule.act not in (Act.DELETE, Act.BLANK) or not rule.kept_months:
            continue
        model = apps.get_model(rule.label)
        ids = list(over(rule, day).order_by("pk").values_list("pk", flat=True)[:AT_MOST])
        if not ids:
            continue
        with transaction.atomic(), acting(None, "retention of personal data"):
            rows = model._base_manager.filter(pk__in=ids)
            if rule.act == Act.DELETE:
                rows.delete()
            else:
                rows.update(**rule.blank)
            record(
                "done", register=model._meta.db_table, ids=ids, what=str(rule.act), months=rule.kept_months
            )
        done[rule.label] = len(ids)
    return done


def _persons(before: dt.date) -> models.QuerySet:
    """Persons recorded long ago of whom no dated row is in force or ended since, and no month or lease is newer."""
    rows = Person._base_manager.filter(recorded_at__date__lt=before)
    for relation in Person._meta.related_objects:
        other, name = relation.related_model, relation.field.name
        fields = {field.name for field in other._meta.concrete_fields}  # type: ignore[union-attr]
        if other is Person or "pgh_id" in fields:
            continue
        mine = other._base_manager.filter(**{name: OuterRef("pk")})  # type: ignore[union-attr]
        if "valid_to" in fields:
            rows = rows.exclude(Exists(mine.filter(Q(valid_to=None) | Q(valid_to__gte=before))))
        elif "recorded_at" in fields:
            rows = rows.exclude(Exists(mine.filter(recorded_at__date__gte=before)))
    return rows


def _accounts(before: dt.date) -> models.QuerySet:
    """Closed accounts whose last posting ended before."""
    recent = Posting.objects.filter(user=OuterRef("pk")).filter(Q(valid_to=None) | Q(valid_to__gte=before))
    return User._base_manager.filter(~Exists(recent), is_active=False, date_joined__date__lt=before).annotate(
        _number=F("pk")
    )


ENDED["core.Person"] = _persons
ENDED["accounts.User"] = _accounts
