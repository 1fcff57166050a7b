"""The admin's start page with the worklists of lists and money, over those of the registers."""

import datetime as dt
from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from communities.admin.start import start_page as start_page_of_registers
from evaluations.admin.batch_next import Mending, mending_of
from evaluations.models import (
    BankOrder,
    ClawbackReceipt,
    FlagCandidate,
    FlagRound,
    FlagWithdrawal,
    FundTransfer,
    FundYear,
    ListEntry,
    PayeeAccount,
    SubsidyBatch,
    SubsidySlice,
)
from evaluations.models.subsidies.accounts import AccountState
from evaluations.models.subsidies.batches import BatchState
from evaluations.models.subsidies.lines import LineState
from evaluations.models.subsidies.payments import OrderState
from evaluations.models.subsidies.receipts import ReceiptState
from evaluations.services.corrections import resurvey_due_on
from evaluations.services.payee_accounts import CONFIRMERS
from evaluations.services.steps import (
    APPROVERS,
    CHECKERS,
    EXPORTERS,
    FIRST_REVIEWERS,
    MAKERS,
    PUBLISHERS,
)
from evaluations.services.survey_reminders import waiting_entries
from redprop.accounts.roles import Role
from redprop.core.admin.base import today_of


def start_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what waits for the user in the steps of subsidy batches (one count each); finance staff see it first."""
    found = start_page_of_registers(request, context)
    others = [*found["worklists"], *survey_worklists(request)]
    money = money_worklists(request)
    is_finance = bool(request.user.roles & (MAKERS | CHECKERS | APPROVERS))
    first, then = (money, others) if is_finance else (others, money)
    return {**found, "worklists": [*first, *then, *flag_worklists(request)]}


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
    """Batches that wait for a step of the user's roles, returned payments, and what waits for a second person."""
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
    ):
        if user.roles & roles:
            lists.append((title, mine.filter(state=state, **more), f"{batches}?state={state}"))
    if user.roles & EXPORTERS:
        asked = mine.filter(orders__state=OrderState.SENT, orders__export__replaced_by__isnull=True)
        lists.append((_("Subsidy batches that wait for the bank's result"), asked.distinct(), batches))
        again = mine.filter(
            state=BatchState.RESULTS, lines__state=LineState.OPEN, lines__order__isnull=True
        ).distinct()
        lists.append((_("Subsidy batches with payments approved again, to be exported"), again, batches))
    found = [_worklist(title, rows, url) for title, rows, url in lists]
    return [*found, *_returned_worklists(user, mine), *_second_person_worklists(user, day)]


def _worklist(title: Any, rows: Any, url: str) -> dict[str, Any]:
    """A worklist; the one row of a list is led to at once (one query)."""
    ids = list(rows.values_list("pk", flat=True))
    if len(ids) == 1 and rows.model in (SubsidyBatch, FundTransfer, ClawbackReceipt, FundYear):
        url = reverse(f"admin:{rows.model._meta.app_label}_{rows.model._meta.model_name}_change", args=ids)
    return {"title": title, "count": len(ids), "url": url}


def _returned_worklists(user: Any, mine: Any) -> list[dict[str, Any]]:
    """Returned payments, each with whom it waits for: the maker for another account, the approver once it is in force."""
    if not user.roles & (MAKERS | APPROVERS):
        return []
    orders = BankOrder.objects.filter(
        batch__in=mine, state=OrderState.RETURNED, lines__state=LineState.BANK_RETURNED
    )
    rows = list(orders.select_related("account").distinct())
    mending = mending_of(rows)
    page = reverse("admin:evaluations_subsidybatch_changelist")
    found = []
    for roles, stage, title, name in (
        (MAKERS, Mending.ACCOUNT_WANTED, _("Returned payments that need another account"), "change"),
        (APPROVERS, Mending.ACCOUNT_CHANGED, _("Returned payments to be decided"), "returned"),
    ):
        if user.roles & roles:
            waiting = [row for row in rows if mending[row.pk][0] == stage]
            where = {row.batch_id for row in waiting}
            url = (
                reverse(f"admin:evaluations_subsidybatch_{name}", args=[*where])
                if len(where) == 1
                else f"{page}?state=results"
            )
            found.append({"title": title, "count": len(waiting), "url": url})
    return found


def _second_person_worklists(user: Any, day: dt.date) -> list[dict[str, Any]]:
    """What one person entered and another confirms: accounts, transfers, repayments, closings; and years to be closed."""
    lists: list[tuple[Any, Any, str]] = []
    years = FundYear.objects.for_user(user).filter(closed_on__isnull=True)
    year_page = reverse("admin:evaluations_fundyear_changelist")
    if user.roles & CONFIRMERS:
        accounts = PayeeAccount.objects.for_user(user).filter(state=AccountState.PROPOSED)
        confirm = reverse("admin:evaluations_payeeaccount_confirm_all")
        lists.append(
            (_("Accounts that wait for a second person"), accounts.exclude(proposed_by=user.pk), confirm)
        )
        transfers = FundTransfer.objects.for_user(user).filter(state="proposed").exclude(proposed_by=user.pk)
        page = reverse("admin:evaluations_fundtransfer_changelist")
        lists.append((_("Transfers that wait for a second person"), transfers, f"{page}?state=proposed"))
        receipts = ClawbackReceipt.objects.for_user(user).filter(state=ReceiptState.PROPOSED)
        receipts = receipts.exclude(proposed_by=user.pk)
        page = reverse("admin:evaluations_clawbackreceipt_changelist")
        lists.append((_("Repayments in cash to be booked"), receipts, f"{page}?state=proposed"))
    if user.roles & APPROVERS:
        proposed = years.exclude(closing_proposed_by__in=["", user.username])
        lists.append((_("Years of funds proposed to be closed"), proposed, year_page))
    if user.roles & (MAKERS | CHECKERS):
        ended = years.filter(year__lt=day.year, closing_proposed_by="")
        lists.append((_("Years of funds that have ended, to be closed"), ended, year_page))
    return [_worklist(title, rows, url) for title, rows, url in lists]
