"""The monthly confirmation of who is in post, and evidence of hires: given by the firm, decided by the finance maker."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from enterprises.models import Enterprise, Graduate, HireEvidence, InPostMonth, Post
from enterprises.models.enterprises import contact_enterprises
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.core.models import Person
from redprop.core.services.attachments import PDF, PICTURE, store_attachment


@dataclass(frozen=True)
class InPost:
    """What a firm says about one person and month."""

    person_id: int
    in_post: bool = True
    left_on: dt.date | None = None
    pay: Decimal | None = None
    note: str = ""


def deciding_day(month: dt.date) -> dt.date:
    """Return the 15th of the month: who employs on it has the month."""
    return month.replace(day=15)


def employed_graduates(enterprise: Enterprise, month: dt.date) -> list[Person]:
    """Return the graduates of the programme whom the register of posts has at the enterprise on the 15th (one query)."""
    day = deciding_day(month)
    posts = Post.objects.on(day).filter(enterprise=enterprise)
    return list(
        Person.objects.filter(
            posts__in=posts, graduate__is_programme_recruit=True, graduate__recruited_on__lte=day
        )
        .distinct()
        .order_by("pinyin", "code")
    )


def _require_contact(enterprise: Enterprise, user: User | None) -> None:
    if user is not None and not contact_enterprises(user.pk).filter(enterprise=enterprise.pk).exists():
        raise Refused(
            _("Only the contact of %(enterprise)s says who is in post there.")
            % {"enterprise": enterprise.name},
            code="not-contact",
        )


def confirm_month(
    *, enterprise: Enterprise, month: dt.date, rows: Sequence[InPost], acting_user: User | None
) -> list[InPostMonth]:
    """Record who was in post on the 15th; every graduate employed that day must be named. Saying it again corrects it."""
    _require_contact(enterprise, acting_user)
    month = month.replace(day=1)
    day = deciding_day(month)
    if day > business_today(enterprise.district):
        raise Refused(
            _("%(month)s is confirmed from its 15th on. Come back on %(day)s.")
            % {"month": f"{month:%Y-%m}", "day": day},
            code="too-early",
        )
    with transaction.atomic(), acting(acting_user, f"confirm {month:%Y-%m}"):
        Enterprise.objects.select_for_update(of=("self",)).get(pk=enterprise.pk)
        people = {person.pk: person for person in employed_graduates(enterprise, month)}
        said = {row.person_id: row for row in rows}
        stranger = next((pk for pk in said if pk not in people), None)
        if stranger is not None:
            raise Refused(
                _(
                    "A person named here is not in the register of posts of %(enterprise)s on %(day)s. Reload the page."
                )
                % {"enterprise": enterprise.name, "day": day},
                code="not-employed",
            )
        left_out = [person.name for pk, person in people.items() if pk not in said]
        if left_out:
            raise Refused(
                _("Say of everybody whether in post. Left out: %(names)s.") % {"names": "、".join(left_out)},
                code="incomplete",
            )
        elsewhere = InPostMonth.objects.filter(person__in=people, month=month, in_post=True).exclude(
            enterprise=enterprise
        )
        for other in elsewhere.select_related("person", "enterprise"):
            if said[other.person_id].in_post:
                raise Refused(
                    _(
                        "%(person)s: %(enterprise)s has confirmed this person for %(month)s. Find out who employed on the 15th; the registrar corrects the posts."
                    )
                    % {"person": other.person, "enterprise": other.enterprise, "month": f"{month:%Y-%m}"},
                    code="two-firms",
                    field=f"in_post_{other.person_id}",
                )
        standing = {
            row.person_id: row
            for row in InPostMonth.objects.select_for_update(of=("self",)).filter(
                enterprise=enterprise, month=month
            )
        }
        found = [_say(enterprise, month, row, standing.get(row.person_id), acting_user) for row in rows]
    return found


def _say(
    enterprise: Enterprise, month: dt.date, said: InPost, row: InPostMonth | None, user: User | None
) -> InPostMonth:
    if said.left_on is not None and said.in_post:
        raise Refused(
            _("Who has a last day in post before the 15th is not in post."),
            code="left",
            field=f"left_on_{said.person_id}",
        )
    if said.left_on is not None and said.left_on > deciding_day(month):
        raise Refused(
            _("A last day after the 15th belongs to the next month: this month counts as in post."),
            code="left-later",
            field=f"left_on_{said.person_id}",
        )
    values = {"in_post": said.in_post, "left_on": said.left_on, "pay": said.pay, "note": said.note[:200]}
    if row is None:
        return InPostMonth.objects.create(
            person_id=said.person_id,
            enterprise=enterprise,
            month=month,
            recorded_by=user.username if user else "system",
            recorded_at=business_now(enterprise.district),
            **values,
        )
    if any(getattr(row, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=list(values))
    return row


def give_evidence(
    *,
    enterprise: Enterprise,
    person: Person,
    kind: str,
    acting_user: User | None,
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
    back_paid: bool = False,
    upload: UploadedFile | None = None,
    note: str = "",
) -> HireEvidence:
    """Record a piece of evidence, with a scan where there is one; it waits for the finance maker."""
    _require_contact(enterprise, acting_user)
    if not Post.objects.filter(enterprise=enterprise, person=person).exists():
        raise Refused(
            _("%(person)s has no post at %(enterprise)s. Enter the post first.")
            % {"person": person.name, "enterprise": enterprise.name},
            code="no-post",
        )
    if kind == HireEvidence.Kind.INSURANCE and (valid_from is None or valid_to is None):
        raise Refused(_("Enter the first and the last month insured."), code="no-months", field="valid_from")
    if kind == HireEvidence.Kind.CONTRACT and valid_from is None:
        raise Refused(_("Enter the first day of the contract."), code="no-day", field="valid_from")
    if valid_from and valid_to and valid_to < valid_from:
        raise Refused(
            _("The last day is before the first day. Correct one of the two dates."),
            code="order",
            field="valid_to",
        )
    if kind == HireEvidence.Kind.DIPLOMA and not Graduate.objects.filter(person=person).exists():
        raise Refused(
            _("%(person)s is not in the register of graduates.") % {"person": person.name}, code="no-graduate"
        )
    with transaction.atomic(), acting(acting_user, "give evidence"):
        Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
        waiting = HireEvidence.objects.filter(
            enterprise=enterprise, person=person, kind=kind, state=HireEvidence.State.SUBMITTED
        )
        if waiting.exists():
            raise Refused(_("This evidence is already waiting to be checked."), code="waiting")
        attachment = None
        if upload is not None:
            attachment = store_attachment(
                district=enterprise.district, upload=upload, acting_user=acting_user, kinds=(PICTURE, PDF)
            )
        return HireEvidence.objects.create(
            enterprise=enterprise,
            person=person,
            kind=kind,
            valid_from=valid_from,
            valid_to=valid_to,
            back_paid=back_paid,
            attachment=attachment,
            note=note[:200],
            recorded_by=acting_user.username if acting_user else "system",
            recorded_at=business_now(enterprise.district),
        )


def decide_evidence(
    *, evidence: HireEvidence, accept: bool, acting_user: User, reason: str = ""
) -> HireEvidence:
    """The finance maker accepts or refuses a piece of evidence; a refusal says why and asks once more."""
    if Role.FINANCE_MAKER not in acting_user.roles:
        raise Refused(_("Evidence is checked by the finance maker."), code="not-maker")
    if not accept and not reason.strip():
        raise Refused(
            _("Say what is wrong with it, so that the enterprise can put it right."),
            code="no-reason",
            field="reason",
        )
    with transaction.atomic(), acting(acting_user, reason or "accept evidence"):
        row = (
            HireEvidence.objects.for_user(acting_user)
            .select_for_update(of=("self",))
            .select_related("enterprise__district")
            .filter(pk=evidence.pk)
            .first()
        )
        if row is None or row.state != HireEvidence.State.SUBMITTED:
            raise Refused(_("Somebody has already decided on this evidence."), code="decided")
        row.state = HireEvidence.State.ACCEPTED if accept else HireEvidence.State.REFUSED
        row.reason = "" if accept else reason.strip()[:200]
        row.decided_by, row.decided_at = acting_user, business_now(row.enterprise.district)
        row.save(update_fields=["state", "reason", "decided_by", "decided_at"])
    return row
