"""Proven findings: what a veto or deduction must have, and how one that proves wrong is revoked.

A revoked finding counts in no closing after it. In a period that is closed already its result is mended by a
correction (`services.corrections`).
"""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.models import Deduction, DeductionGround, EvaluationPeriod, Veto
from evaluations.scoring.rubric import number
from evaluations.services.access import require_role
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.periods import PeriodKind

KEEPERS = (Role.EVALUATOR,)


def check_finding(finding: Veto | Deduction) -> None:
    """Raise Refused when a finding breaks a rule that its constraints cannot say in a sentence."""
    for name in ("evidence", "hearing", "document"):
        refuse_personal_numbers(getattr(finding, name), field=finding._meta.get_field(name).verbose_name)
    if finding.heard_on and not finding.hearing.strip():
        raise Refused(
            _("Write down what the firm said, or that it did not come."),
            code="hearing-missing",
            field="hearing",
        )
    if finding.project_id is not None:
        today = business_today(finding.project.district)
        for name in ("happened_on", "decided_on"):
            if (day := getattr(finding, name)) and day > today:
                raise Refused(
                    _("%(day)s is in the future. Correct the date.") % {"day": day}, code="future", field=name
                )
    if isinstance(finding, Deduction):
        check_points(finding)


def check_points(finding: Deduction) -> None:
    """Raise Refused when the ground was not in force on the day, or the points are more than it allows."""
    if finding.ground_id is None or finding.happened_on is None:
        return
    ground = finding.ground
    if not ground.is_valid_on(finding.happened_on):
        raise Refused(
            _("The ground “%(ground)s” was not in force on %(day)s. Choose the one that was.")
            % {"ground": ground, "day": finding.happened_on},
            code="ground-not-in-force",
            field="ground",
        )
    if finding.points is not None and finding.points > ground.points:
        raise Refused(
            _("“%(ground)s” costs at most %(points)s points for one event (%(document)s).")
            % {"ground": ground, "points": number(ground.points), "document": ground.document},
            code="too-many-points",
            field="points",
        )


def revoke_finding(*, finding: Veto | Deduction, reason: str, acting_user: User) -> Veto | Deduction:
    """Revoke a veto or deduction that proved wrong, with the reason; it stays on record.

    Raises Refused without a person or a reason, and when it was revoked before.
    """
    district = finding.project.district
    require_role(acting_user, district, *KEEPERS)
    if acting_user is None:
        raise Refused(
            _("This step is signed by a person. Name the account that acts."), code="person-missing"
        )
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say what was wrong and what shows it."), code="reason-missing")
    refuse_personal_numbers(reason, field=_("reason"))
    with transaction.atomic(), acting(acting_user, reason):
        row = type(finding).objects.select_for_update(of=("self",)).get(pk=finding.pk)
        if not row.stands:
            raise Refused(_("%(what)s is revoked already.") % {"what": row}, code="revoked")
        row.revoked_at, row.revoked_by, row.revoked_reason = business_now(district), acting_user, reason
        row.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])
    return row


def day_that_counts(finding: Veto | Deduction) -> dt.date:
    """Return the day by which a finding belongs to a period: a veto's decision, a deduction's event."""
    return finding.decided_on if isinstance(finding, Veto) else finding.happened_on


def closed_quarter_of(finding: Veto | Deduction) -> EvaluationPeriod | None:
    """Return the closed quarter whose result a late or revoked finding changes only by a correction (one query)."""
    day = day_that_counts(finding)
    return EvaluationPeriod.objects.filter(
        district=finding.project.district_id,
        kind=PeriodKind.QUARTER,
        state=EvaluationPeriod.State.CLOSED,
        starts_on__lte=day,
        ends_on__gte=day,
    ).first()


def ground_on(district: District, code: str, day: dt.date) -> DeductionGround | None:
    """Return the ground with this code in force on the day (one query)."""
    rows = DeductionGround.objects.filter(district=district, code=code, valid_from__lte=day)
    return rows.exclude(valid_to__lt=day).first()
