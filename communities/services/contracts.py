"""Writes contracts, the compounds under them, and market rounds."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import Compound, MarketRound, ServiceAssignment, ServiceContract
from communities.services.compounds import lock_compound
from communities.services.rules import AssignmentRules, check_contract, check_inside_contract
from enterprises.models import Enterprise
from redprop.accounts.audit import acting
from redprop.accounts.models import User
from redprop.common.errors import Refused


def save_contract(
    *, contract: ServiceContract, acting_user: User | None, reason: str = ""
) -> ServiceContract:
    """Write a new or changed contract; refused when compounds recorded under it would fall outside its days."""
    check_contract(contract)
    if contract._state.adding:
        contract.recorded_by = acting_user.username if acting_user else "system"
    else:
        for assignment in contract.assignments.all():
            check_inside_contract(contract, assignment.valid_from, assignment.valid_to)
    with transaction.atomic(), acting(acting_user, reason):
        contract.save()
    return contract


def assign_compound(
    *,
    contract: ServiceContract,
    compound: Compound,
    valid_from: dt.date,
    acting_user: User | None,
    valid_to: dt.date | None = None,
    reason: str = "",
) -> ServiceAssignment:
    """The contract covers the compound from `valid_from`; without a last day, until the contract ends.

    Refuses days outside the contract, days already covered by another one, and an old compound
    for a public-welfare enterprise before a market round closed without a taker.
    """
    valid_to = valid_to or contract.valid_to
    with transaction.atomic(), acting(acting_user, reason):
        lock_compound(compound)
        AssignmentRules.load([compound.pk]).check(
            contract=contract, compound=compound, valid_from=valid_from, valid_to=valid_to
        )
        return ServiceAssignment.objects.create(
            contract=contract,
            compound=compound,
            valid_from=valid_from,
            valid_to=valid_to,
            recorded_by=acting_user.username if acting_user else "system",
        )


def end_assignment(
    *, assignment: ServiceAssignment, last_day: dt.date, acting_user: User | None, reason: str = ""
) -> ServiceAssignment:
    """The compound is under this contract until `last_day`, included."""
    if last_day < assignment.valid_from:
        raise Refused(
            _("The last day is before the first day. Correct one of the two dates."),
            code="order",
            field="valid_to",
        )
    check_inside_contract(assignment.contract, assignment.valid_from, last_day)
    with transaction.atomic(), acting(acting_user, reason):
        row = ServiceAssignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
        row.valid_to = last_day
        row.save(update_fields=["valid_to"])
    return row


def open_market_round(
    *, compound: Compound, opened_on: dt.date, acting_user: User | None, document: str = ""
) -> MarketRound:
    """The old compound is offered to market enterprises from `opened_on`."""
    with transaction.atomic(), acting(acting_user):
        lock_compound(compound)
        if MarketRound.objects.filter(compound=compound, outcome=MarketRound.Outcome.OPEN).exists():
            raise Refused(
                _("A market round for %(compound)s is still open. Close that one first.")
                % {"compound": compound.name},
                code="round-open",
                field="compound",
            )
        return MarketRound.objects.create(
            district_id=compound.district_id,
            compound=compound,
            opened_on=opened_on,
            document=document,
            recorded_by=acting_user.username if acting_user else "system",
        )


def close_market_round(
    *,
    market_round: MarketRound,
    closed_on: dt.date,
    acting_user: User | None,
    taker: Enterprise | None = None,
    reason: str = "",
) -> MarketRound:
    """The round ends with a market enterprise as taker, or with none."""
    with transaction.atomic(), acting(acting_user, reason):
        row = MarketRound.objects.select_for_update(of=("self",)).get(pk=market_round.pk)
        if row.outcome != MarketRound.Outcome.OPEN:
            raise Refused(_("This market round is already closed."), code="round-closed")
        row.closed_on = closed_on
        row.taker = taker
        row.outcome = MarketRound.Outcome.TAKEN if taker else MarketRound.Outcome.NO_TAKER
        check_market_round(row)
        row.save(update_fields=["closed_on", "taker", "outcome"])
    return row


def check_market_round(market_round: MarketRound) -> None:
    """Refuse a public-welfare enterprise as the taker of a market round."""
    taker = market_round.taker
    if taker is not None and taker.kind != Enterprise.Kind.MARKET:
        raise Refused(
            _(
                "%(enterprise)s is a public-welfare enterprise and cannot take over in a market round. Close the "
                "round without a taker, then assign the compound to it."
            )
            % {"enterprise": taker.name},
            code="round-taker",
            field="taker",
        )
