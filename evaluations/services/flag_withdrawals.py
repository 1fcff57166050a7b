"""Withdrawing a rotating flag: proposed by rule after a veto or a final black, decided by a person."""

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.models import Colour, FlagEnd, FlagWithdrawal, Level, ListEntry, RotatingFlag, Veto
from evaluations.models.findings import STANDS
from evaluations.services.access import require_role
from evaluations.services.flags import end_flag, pages_anew
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.periods import Period


def propose_withdrawals(*, district: District) -> int:
    """Propose the withdrawal of flags whose project has a veto or a final black since; how many are new.

    Safe to run twice (three queries and one write).
    """
    flags = list(RotatingFlag.objects.held().filter(district=district))
    if not flags:
        return 0
    projects = {flag.project_id for flag in flags}
    vetoes = Veto.objects.filter(STANDS, project__in=projects).values_list("pk", "project", "decided_on")
    blacks = ListEntry.objects.filter(
        project__in=projects, level=Level.PROJECT, colour=Colour.BLACK, state=ListEntry.State.FINAL
    ).values_list("pk", "project", "period__ends_on")
    grounds: list[FlagWithdrawal] = []
    today, now = business_today(district), business_now(district)
    for flag in flags:
        ends_on = Period.parse(flag.period_code).end
        grounds += [
            FlagWithdrawal(flag=flag, ground=FlagWithdrawal.Ground.VETO, veto_id=pk)
            for pk, project, day in vetoes
            if project == flag.project_id and day >= flag.awarded_on
        ]
        grounds += [
            FlagWithdrawal(flag=flag, ground=FlagWithdrawal.Ground.BLACK, entry_id=pk)
            for pk, project, end in blacks
            if project == flag.project_id and end >= ends_on
        ]
    known = set(FlagWithdrawal.objects.filter(flag__in=flags).values_list("flag", "veto", "entry"))
    new = [row for row in grounds if (row.flag_id, row.veto_id, row.entry_id) not in known]
    for row in new:
        row.proposed_on, row.recorded_at, row.recorded_by = today, now, "system"
    with transaction.atomic(), acting(None, "propose withdrawals of flags"):
        FlagWithdrawal.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def decide_withdrawal(
    *, withdrawal: FlagWithdrawal, confirm: bool, result: str, acting_user: User
) -> FlagWithdrawal:
    """Withdraw the flag, or let it hang, with written reasons. Raises Refused without them or when decided."""
    district = withdrawal.flag.district
    require_role(acting_user, district, Role.PUBLISHER)
    result = result.strip()
    if not result:
        raise Refused(_("Write the reasons of the decision."), code="reason-missing", field="result")
    refuse_personal_numbers(result, field=_("reasons"))
    with transaction.atomic(), acting(acting_user, result):
        District.objects.select_for_update(of=("self",)).get(pk=district.pk)
        row = (
            FlagWithdrawal.objects.select_for_update(of=("self",))
            .select_related("flag__district", "flag__project")
            .get(pk=withdrawal.pk)
        )
        if row.state != FlagWithdrawal.State.PROPOSED:
            raise Refused(
                _("%(what)s is “%(state)s” already.") % {"what": row, "state": row.get_state_display()},
                code="decided",
            )
        row.state = FlagWithdrawal.State.CONFIRMED if confirm else FlagWithdrawal.State.DISMISSED
        row.decided_by, row.decided_on, row.result = acting_user, business_today(district), result
        row.save(update_fields=["state", "decided_by", "decided_on", "result"])
        if confirm and not FlagEnd.objects.filter(flag=row.flag).exists():
            end_flag(row.flag, FlagEnd.Reason.WITHDRAWN, result, acting_user)
            pages_anew(district)
    return row
