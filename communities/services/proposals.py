"""Corrections to the register of compounds: a secretary proposes field by field, the subdistrict's clerk decides.

What is approved goes through the services of compounds, so that dated fields get dated rows and the
history names who approved. A proposal made from a value that has changed since is never applied.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.models import (
    DATED_FIELDS,
    Compound,
    CompoundClass,
    CompoundKind,
    CompoundPlacement,
    FactField,
    FactProposal,
)
from communities.services.access import require_clerk, require_secretary
from communities.services.compounds import change_class, change_kind, lock_compound, save_compound
from communities.services.rules import CompoundFacts, check_not_before_compound
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.text import normalise
from redprop.core.models import NoticeKind
from redprop.core.services.notifications import notify

State = FactProposal.State
MOST = 400


@dataclass(frozen=True)
class Decision:
    """What the clerk says to one proposal."""

    approve: bool
    reason: str = ""


def values_of(compound: Compound, day: dt.date) -> dict[str, str]:
    """What the register says of the compound on `day`, as text by field (two queries); empty for nothing."""
    found = {name: _text(getattr(compound, name)) for name in FactField.values if name not in DATED_FIELDS}
    kind = CompoundKind.objects.on(day).filter(compound=compound).first()
    grade = CompoundClass.objects.on(day).filter(compound=compound).first()
    found[FactField.KIND] = kind.kind if kind else ""
    found[FactField.COMPOUND_CLASS] = str(grade.compound_class) if grade else ""
    return found


def choices_of(name: str) -> list[tuple[str, str]]:
    """What may be chosen for the field; empty for one that is written."""
    if name == FactField.KIND:
        return [(str(value), str(label)) for value, label in CompoundKind.Kind.choices]
    if name == FactField.COMPOUND_CLASS:
        return [(str(value), str(label)) for value, label in CompoundClass.Class.choices]
    return [(str(value), str(label)) for value, label in Compound._meta.get_field(name).choices or ()]


def shown_value(name: str, text: str) -> str:
    """The text of a value as a reader sees it; a dash for nothing."""
    return dict(choices_of(name)).get(text, text) or "—"


def propose_facts(
    *,
    compound: Compound,
    changes: Mapping[str, str],
    basis: str,
    valid_from: dt.date | None = None,
    acting_user: User | None,
) -> list[FactProposal]:
    """Propose new values for fields of the compound; what reads as in the register already is left out.

    `basis` says how it is known. Kind and class need `valid_from`, the day from which they hold.
    """
    basis = basis.strip()
    if not basis:
        raise Refused(_("How it is known: say where the new value comes from."), code="basis", field="basis")
    refuse_personal_numbers(basis, field=_("how it is known"))
    with transaction.atomic(), acting(acting_user, "propose facts"):
        compound = _locked(compound)
        community = _community_of(compound)
        require_secretary(acting_user, community)
        today = business_today(compound.district)
        now = values_of(compound, today)
        rows = []
        for name in FactField.values:
            if name not in changes:
                continue
            new = _text(_parsed(compound, name, changes[name]))
            if new == now[name]:
                continue
            dated = name in DATED_FIELDS
            if dated:
                with_kind = any(row.field == FactField.KIND for row in rows)
                _check_day(compound, name, new, valid_from, today, with_kind=with_kind)
            rows.append(
                FactProposal(
                    compound=compound,
                    community=community,
                    field=name,
                    old=now[name],
                    new=new,
                    valid_from=valid_from if dated else None,
                    basis=basis[:200],
                    proposed_by=acting_user,
                    recorded_at=business_now(compound.district),
                    recorded_by=str(acting_user or ""),
                )
            )
        if not rows:
            raise Refused(_("Nothing differs from the register. Change a field first."), code="no-change")
        _check_whole(compound, rows)
        _refuse_second(compound, rows)
        try:
            with transaction.atomic():
                FactProposal.objects.bulk_create(rows)
        except IntegrityError as error:  # the same from two telephones, past the lock
            raise Refused(_("A proposal for this field waits already."), code="waiting") from error
        _tell_clerks(compound, community)
    return rows


def decide_facts(
    *, compound: Compound, decisions: Mapping[int, Decision], acting_user: User | None
) -> list[FactProposal]:
    """Approve or refuse waiting proposals of one compound, all of them or, when one cannot be, none."""
    if not decisions:
        raise Refused(_("Choose “approve” or “refuse” for at least one field."), code="no-decision")
    with transaction.atomic(), acting(acting_user, "decide on facts"):
        compound = _locked(compound)
        rows = list(
            FactProposal.objects.select_for_update(of=("self",))
            .select_related("community__subdistrict", "proposed_by")
            .filter(compound=compound, pk__in=list(decisions))
            .order_by("pk")
        )
        if len(rows) != len(decisions):
            raise Refused(_("A proposal is missing. Open the page again."), code="missing")
        today = business_today(compound.district)
        for row in rows:
            require_clerk(acting_user, row.community)
            if row.state != State.WAITING:
                raise Refused(
                    _("%(field)s: this proposal is %(state)s already. Open the page again.")
                    % {"field": row.get_field_display(), "state": row.get_state_display()},
                    code="decided",
                )
            if acting_user is not None and row.proposed_by_id == acting_user.pk:
                raise Refused(_("Nobody decides on the own proposal."), code="own")
        now = values_of(compound, today)
        for row in rows:
            decision = decisions[row.pk]
            if decision.approve:
                _require_unchanged(row, now[row.field])
            elif not decision.reason.strip():
                raise Refused(
                    _("%(field)s: say why it is refused.") % {"field": row.get_field_display()},
                    code="reason",
                )
            refuse_personal_numbers(
                decision.reason, field=FactProposal._meta.get_field("reason").verbose_name
            )
        _apply(compound, [row for row in rows if decisions[row.pk].approve], acting_user)
        for row in rows:
            approve = decisions[row.pk].approve
            row.state = State.APPROVED if approve else State.REFUSED
            row.reason = "" if approve else decisions[row.pk].reason.strip()[:200]
            _close(row, acting_user)
        _tell_proposers(compound, rows)
    return rows


def withdraw_fact(*, proposal: FactProposal, acting_user: User | None) -> FactProposal:
    """Take a proposal back before it is decided."""
    with transaction.atomic(), acting(acting_user, "withdraw proposal"):
        compound = _locked(proposal.compound)
        row = (
            FactProposal.objects.select_for_update(of=("self",))
            .select_related("community")
            .get(pk=proposal.pk)
        )
        require_secretary(acting_user, _community_of(compound))
        if row.state != State.WAITING:
            raise Refused(_("The subdistrict has decided on it already."), code="decided")
        row.state = State.WITHDRAWN
        _close(row, acting_user)
    return row


def _close(row: FactProposal, acting_user: User | None) -> None:
    row.decided_by = acting_user
    row.decided_at = business_now(row.compound.district)
    row.save(update_fields=["state", "reason", "decided_by", "decided_at"])


def _apply(compound: Compound, rows: list[FactProposal], acting_user: User | None) -> None:
    if not rows:
        return
    _check_whole(compound, rows)
    reason = _("proposed by %(who)s: %(basis)s") % {"who": rows[0].proposed_by, "basis": rows[0].basis}
    plain = [row for row in rows if row.field not in DATED_FIELDS]
    for row in plain:
        setattr(compound, row.field, _parsed(compound, row.field, row.new))
    if plain:
        save_compound(compound=compound, acting_user=acting_user, reason=reason)
    for row in sorted(rows, key=lambda row: row.field != FactField.KIND):  # a class needs its kind first
        if row.field == FactField.KIND:
            change_kind(
                compound=compound,
                kind=row.new,
                valid_from=row.valid_from,
                acting_user=acting_user,
                reason=reason,
            )
        elif row.field == FactField.COMPOUND_CLASS:
            change_class(
                compound=compound,
                compound_class=int(row.new),
                valid_from=row.valid_from,
                acting_user=acting_user,
                reason=reason,
            )


def _require_unchanged(row: FactProposal, now: str) -> None:
    if now == row.old:
        return
    raise Refused(
        _(
            "%(field)s: the register has changed since. It says %(now)s; the proposal started from %(old)s. "
            "Refuse it, so that the community looks again."
        )
        % {
            "field": row.get_field_display(),
            "now": shown_value(row.field, now),
            "old": shown_value(row.field, row.old),
        },
        code="changed-meanwhile",
    )


def _refuse_second(compound: Compound, rows: list[FactProposal]) -> None:
    waiting = (
        FactProposal.objects.waiting()
        .filter(compound=compound, field__in=[row.field for row in rows])
        .select_related("proposed_by")
        .first()
    )
    if waiting is not None:
        raise Refused(
            _(
                "%(field)s: the proposal “%(new)s” by %(who)s waits already. Withdraw it first, "
                "or wait for the subdistrict."
            )
            % {
                "field": waiting.get_field_display(),
                "new": shown_value(waiting.field, waiting.new),
                "who": waiting.proposed_by or "—",
            },
            code="waiting",
            field=waiting.field,
        )


def _check_whole(compound: Compound, rows: list[FactProposal]) -> None:
    """Refuse values that break a rule of the register together."""
    tried = Compound.objects.get(pk=compound.pk)
    for row in rows:
        if row.field not in DATED_FIELDS:
            setattr(tried, row.field, _parsed(tried, row.field, row.new))
    try:
        tried.validate_constraints(exclude={"code"})
    except ValidationError as error:
        raise Refused(" ".join(error.messages), code="constraint") from error


def _check_day(
    compound: Compound,
    name: str,
    new: str,
    day: dt.date | None,
    today: dt.date,
    *,
    with_kind: bool,
) -> None:
    label = FactField(name).label
    if not new:
        raise Refused(_("%(field)s: choose one of the list.") % {"field": label}, code="empty", field=name)
    if day is None:
        raise Refused(
            _("%(field)s: enter the day from which it holds.") % {"field": label},
            code="no-day",
            field="valid_from",
        )
    if day > today:
        raise Refused(_("Valid from: the day is in the future."), code="future", field="valid_from")
    check_not_before_compound(compound, day, what=label)
    if name == FactField.COMPOUND_CLASS and not with_kind:
        CompoundFacts.load([compound.pk]).check_class(compound, day)


def _parsed(compound: Compound, name: str, text: str) -> Any:
    """Return the value that the text stands for; Refused names the field."""
    text = normalise(str(text)).strip()
    label = FactField(name).label
    if len(text) > MOST:
        raise Refused(
            _("%(field)s: at most %(most)s characters.") % {"field": label, "most": MOST},
            code="too-long",
            field=name,
        )
    if name in DATED_FIELDS:
        if text and text not in dict(choices_of(name)):
            raise Refused(
                _("%(field)s: choose one of the list.") % {"field": label}, code="choice", field=name
            )
        return text
    if name in (FactField.ALIASES, FactField.ADDRESS):
        refuse_personal_numbers(text, field=label)
    if name == FactField.ALIASES:
        parts = [part.strip() for part in text.replace("，", "、").replace(",", "、").split("、")]
        text = ",".join(dict.fromkeys(part for part in parts if part))
    model_field = Compound._meta.get_field(name)
    try:
        value = model_field.formfield(required=False).clean(text)
        return model_field.clean(value, compound)
    except ValidationError as error:
        raise Refused(f"{label}：{' '.join(error.messages)}", code="value", field=name) from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "、".join(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def _locked(compound: Compound) -> Compound:
    lock_compound(compound)
    return Compound.objects.select_related("district").get(pk=compound.pk)


def _community_of(compound: Compound) -> Community:
    placement = (
        CompoundPlacement.objects.on(business_today(compound.district))
        .filter(compound=compound)
        .select_related("community__subdistrict")
        .first()
    )
    if placement is None or compound.retired_on or compound.merged_into_id:
        raise Refused(
            _("%(compound)s is in no community today. Ask the registrar.") % {"compound": compound},
            code="unplaced",
        )
    return placement.community


def _tell_clerks(compound: Compound, community: Community) -> None:
    day = business_today(compound.district)
    posted = Posting.objects.on(day).filter(role=Role.SUBDISTRICT_CLERK, subdistrict=community.subdistrict_id)
    notify(
        users=[row.user for row in posted.select_related("user")],
        kind=NoticeKind.FACTS,
        text=lambda: (
            _("Facts of %(compound)s to check (%(community)s)")
            % {"compound": compound, "community": community}
        ),
        address=reverse("desk:compound", args=[compound.pk]),
        subject=f"facts:{compound.pk}",
    )


def _tell_proposers(compound: Compound, rows: list[FactProposal]) -> None:
    refused = [row for row in rows if row.state == State.REFUSED]

    def words() -> str:
        if not refused:
            return _("Facts of %(compound)s approved") % {"compound": compound}
        return _("Facts of %(compound)s refused: %(field)s (%(reason)s)") % {
            "compound": compound,
            "field": refused[0].get_field_display(),
            "reason": refused[0].reason[:80],
        }

    notify(
        users={row.proposed_by for row in rows if row.proposed_by},
        kind=NoticeKind.FACTS,
        text=words,
        address=reverse("desk:compound", args=[compound.pk]),
        subject=f"facts:{compound.pk}",
    )
