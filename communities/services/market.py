"""The hand-over of a compound from trusteeship to the market: planned, inspected by a list, handed over."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import (
    HAND_OVER_MOVES,
    Compound,
    HandOver,
    HandOverItem,
    HandOverState,
    ServiceAssignment,
    ServiceContract,
)
from communities.services.compounds import lock_compound
from communities.services.contracts import assign_compound, end_assignment
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.states import require_move

INSPECTION_LIST = (
    "图纸资料、设备档案移交齐全",
    "公共部位与设施设备完好，问题已登记",
    "消防、电梯等安全检查合格",
    "账目、押金、预收费结清并公示",
    "业主已议定收费标准",
    "联席会未办结承诺已逐项交接",
    "党组织关系与服务人员安排到位",
)
"""Sample list; every item can be renamed and further ones added while the hand-over is planned."""


@dataclass(frozen=True)
class Finding:
    """What the inspection says about an item."""

    passed: bool
    note: str = ""


def check_hand_over(hand_over: HandOver) -> None:
    """Refuse a hand-over of a compound that is not in trusteeship, or to what is no market contract."""
    contract, compound = hand_over.contract, hand_over.compound
    if contract.district_id != compound.district_id:
        raise Refused(_("The contract belongs to another district."), code="other-district", field="contract")
    if contract.kind == ServiceContract.Kind.TRUSTEESHIP:
        raise Refused(
            _("%(contract)s is a trusteeship. Choose the contract of the market enterprise that takes over.")
            % {"contract": contract.number},
            code="not-market",
            field="contract",
        )
    if not contract.is_valid_on(hand_over.planned_for):
        raise Refused(
            _("%(contract)s is not in force on %(day)s. Choose another day or contract.")
            % {"contract": contract.number, "day": hand_over.planned_for},
            code="outside-contract",
            field="planned_for",
        )
    _trusteeship(compound, hand_over.planned_for)


def _trusteeship(compound: Compound, day: dt.date) -> ServiceAssignment:
    before = day - dt.timedelta(days=1)
    found = (
        ServiceAssignment.objects.on(before)
        .filter(compound=compound, contract__kind=ServiceContract.Kind.TRUSTEESHIP)
        .select_related("contract")
        .first()
    )
    if found is None:
        raise Refused(
            _("%(compound)s is not in trusteeship on %(day)s. Only such a compound is handed over here.")
            % {"compound": compound.name, "day": before},
            code="no-trusteeship",
            field="compound",
        )
    return found


def plan_hand_over(*, hand_over: HandOver, acting_user: User | None) -> HandOver:
    """Record a planned hand-over with its inspection list."""
    check_hand_over(hand_over)
    with transaction.atomic(), acting(acting_user, "plan hand-over"):
        lock_compound(hand_over.compound)
        if HandOver.objects.filter(
            compound=hand_over.compound, state__in=["planned", "to_mend", "inspected"]
        ).exists():
            raise Refused(
                _("A hand-over of this compound is already under way."), code="open", field="compound"
            )
        hand_over.recorded_by = acting_user.username if acting_user else "system"
        hand_over.save()
        HandOverItem.objects.bulk_create(
            HandOverItem(hand_over=hand_over, number=number, title=title)
            for number, title in enumerate(INSPECTION_LIST, 1)
        )
    return hand_over


def inspect_hand_over(
    *, hand_over: HandOver, inspected_on: dt.date, findings: Mapping[int, Finding], acting_user: User | None
) -> HandOver:
    """Record what the inspection found, item by item; all passed: ready, else to be mended and inspected again."""
    with transaction.atomic(), acting(acting_user, "inspect hand-over"):
        row = HandOver.objects.select_for_update(of=("self",)).select_related("district").get(pk=hand_over.pk)
        items = list(row.items.order_by("number"))
        if inspected_on > business_today(row.district):
            raise Refused(
                _("“Inspected on”: %(day)s is still to come. Enter the day of the inspection.")
                % {"day": inspected_on},
                code="future",
                field="inspected_on",
            )
        left_out = [item.title for item in items if item.pk not in findings]
        if left_out:
            raise Refused(
                _("Say of each item whether it passed. Open: %(items)s.") % {"items": "、".join(left_out)},
                code="incomplete",
            )
        for item in items:
            found = findings[item.pk]
            if not found.passed and not found.note.strip():
                raise Refused(
                    _("“%(item)s” did not pass. Say what is to be mended.") % {"item": item.title},
                    code="no-note",
                )
            item.passed, item.note = found.passed, "" if found.passed else found.note.strip()[:200]
        state = HandOverState.INSPECTED if all(item.passed for item in items) else HandOverState.TO_MEND
        require_move(HAND_OVER_MOVES, row.state, state, what=row)
        HandOverItem.objects.bulk_update(items, ["passed", "note"])
        row.state, row.inspected_on = state, inspected_on
        row.inspected_by = acting_user.username if acting_user else "system"
        row.save(update_fields=["state", "inspected_on", "inspected_by"])
    return row


def finish_hand_over(*, hand_over: HandOver, handed_over_on: dt.date, acting_user: User | None) -> HandOver:
    """The market enterprise serves from that day: the trusteeship ends on the day before."""
    with transaction.atomic(), acting(acting_user, "hand over to the market"):
        row = (
            HandOver.objects.select_for_update(of=("self",))
            .select_related("compound", "contract", "district")
            .get(pk=hand_over.pk)
        )
        require_move(HAND_OVER_MOVES, row.state, HandOverState.DONE, what=row)
        if row.inspected_on is None or handed_over_on < row.inspected_on:
            raise Refused(
                _("“Handed over on”: the compound was inspected on %(day)s. Enter that day or a later one.")
                % {"day": row.inspected_on},
                code="before-inspection",
                field="handed_over_on",
            )
        lock_compound(row.compound)
        assignment = _trusteeship(row.compound, handed_over_on)
        end_assignment(
            assignment=assignment,
            last_day=handed_over_on - dt.timedelta(days=1),
            acting_user=acting_user,
            reason="hand-over to the market",
        )
        assign_compound(
            contract=row.contract,
            compound=row.compound,
            valid_from=handed_over_on,
            acting_user=acting_user,
            reason="hand-over to the market",
        )
        row.state, row.handed_over_on = HandOverState.DONE, handed_over_on
        row.save(update_fields=["state", "handed_over_on"])
    return row


def cancel_hand_over(*, hand_over: HandOver, reason: str, acting_user: User | None) -> HandOver:
    """End a hand-over that does not take place; the trusteeship goes on."""
    if not reason.strip():
        raise Refused(_("Say why the hand-over is cancelled."), code="no-reason", field="reason")
    with transaction.atomic(), acting(acting_user, reason):
        row = HandOver.objects.select_for_update(of=("self",)).get(pk=hand_over.pk)
        require_move(HAND_OVER_MOVES, row.state, HandOverState.CANCELLED, what=row)
        row.state, row.note = HandOverState.CANCELLED, reason.strip()[:300]
        row.save(update_fields=["state", "note"])
    return row
