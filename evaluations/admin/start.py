"""The admin's start page with the worklists of lists and money, over those of the registers."""

from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from communities.admin.start import start_page as start_page_of_registers
from evaluations.models import (
    FlagCandidate,
    FlagRound,
    FlagWithdrawal,
    FundTransfer,
    ListEntry,
    PayeeAccount,
    SubsidyBatch,
    SubsidySlice,
)
from evaluations.models.subsidies.accounts import AccountState
from evaluations.models.subsidies.batches import BatchState
from evaluations.models.subsidies.lines import LineState
from evaluations.services.corrections import resurvey_due_on
from evaluations.services.payee_accounts import CONFIRMERS
from evaluations.services.steps import APPROVERS, CHECKERS, EXPORTERS, FIRST_REVIEWERS, PUBLISHERS
from evaluations.services.survey_reminders import waiting_entries
from redprop.accounts.roles import Role
from redprop.core.admin.base import today_of


def start_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what waits for the user in the steps of subsidy batches (one count each)."""
    found = start_page_of_registers(request, context)
    return {
        **found,
        "worklists": [
            *found["worklists"],
            *survey_worklists(request),
            *money_worklists(request),
            *flag_worklists(request),
        ],
    }


def flag_worklists(request: HttpRequest) -> list[dict[str, Any]]:
    """Candidates and withdrawals of flags that wait for the publisher (one count each)."""
    user = request.user
    if Role.PUBLISHER not in user.roles:
        return []
    candidates = FlagCandidate.objects.for_user(user).filter(
        state=FlagCandidate.State.PROPOSED,
        round__state=FlagRound.State.OPEN,
        position__lte=F("round__rule__flags"),
    )
    withdrawals = FlagWithdrawal.objects.for_user(user).filter(state=FlagWithdrawal.State.PROPOSED)
    pages = {
        name: reverse(f"admin:evaluations_{name}_changelist") for name in ("flagcandidate", "flagwithdrawal")
    }
    return [
        {
            "title": _("Candidates for rotating flags to be decided"),
            "count": candidates.count(),
            "url": f"{pages['flagcandidate']}?state=proposed",
        },
        {
            "title": _("Withdrawals of rotating flags to be decided"),
            "count": withdrawals.count(),
            "url": f"{pages['flagwithdrawal']}?state=proposed",
        },
    ]


def survey_worklists(request: HttpRequest) -> list[dict[str, Any]]:
    """Undetermined projects without a decision, for the evaluator: those not surveyed again, and those overdue."""
    user, day = request.user, today_of(request)
    if Role.EVALUATOR not in user.roles:
        return []
    entries = reverse("admin:evaluations_listentry_changelist")
    rows = list(
        waiting_entries()
        .filter(pk__in=ListEntry.objects.for_user(user))
        .select_related("period__district", "period__rubric")
    )
    if not rows:
        return []
    late = sum((resurvey_due_on(row.period) or day) < day for row in rows)
    return [
        {
            "title": _("Undetermined projects to be surveyed again and decided")
            if not late
            else _("Undetermined projects to be surveyed again and decided, %(late)s overdue")
            % {"late": late},
            "count": len(rows),
            "url": f"{entries}?colour=undetermined",
        }
    ]


def money_worklists(request: HttpRequest) -> list[dict[str, Any]]:
    """Batches that wait for a step of the user's roles."""
    user, day = request.user, today_of(request)
    batches = reverse("admin:evaluations_subsidybatch_changelist")
    mine = SubsidyBatch.objects.for_user(user)
    lists = []
    if user.roles & FIRST_REVIEWERS:
        waiting = SubsidySlice.objects.for_user(user).filter(
            state="prepared", batch__state=BatchState.PREPARED, line_count__gt=0
        )
        if Role.ORGANISATION in user.roles:
            waiting = waiting.filter(subdistrict=None)
        else:
            waiting = waiting.filter(subdistrict__in=user.scope.subdistrict_ids)
        lists.append((_("Subsidies for your first review"), waiting, f"{batches}?state=prepared"))
    for roles, state, title, more in (
        (CHECKERS, BatchState.FIRST_REVIEWED, _("Subsidy batches for the second review"), {}),
        (PUBLISHERS, BatchState.SECOND_REVIEWED, _("Subsidy batches to be put under notice"), {}),
        (
            APPROVERS,
            BatchState.NOTICED,
            _("Subsidy batches to be approved"),
            {"notice_ends_on__lt": day},
        ),
        (EXPORTERS, BatchState.APPROVED, _("Subsidy batches to be exported"), {}),
        (EXPORTERS, BatchState.EXPORTED, _("Subsidy batches that wait for the bank's result"), {}),
    ):
        if user.roles & roles:
            lists.append((title, mine.filter(state=state, **more), f"{batches}?state={state}"))
    if user.roles & (CHECKERS | APPROVERS):
        returned = mine.filter(lines__state=LineState.BANK_RETURNED).distinct()
        lists.append((_("Returned payments to be decided"), returned, f"{batches}?state=results"))
    if user.roles & CONFIRMERS:
        accounts = PayeeAccount.objects.for_user(user).filter(state=AccountState.PROPOSED)
        waiting = accounts.exclude(proposed_by=user.pk)
        confirm = reverse("admin:evaluations_payeeaccount_confirm_all")
        lists.append((_("Accounts that wait for a second person"), waiting, confirm))
        transfers = FundTransfer.objects.for_user(user).filter(state="proposed").exclude(proposed_by=user.pk)
        all_transfers = reverse("admin:evaluations_fundtransfer_changelist")
        lists.append(
            (_("Transfers that wait for a second person"), transfers, f"{all_transfers}?state=proposed")
        )
    return [{"title": title, "count": rows.count(), "url": url} for title, rows, url in lists]
