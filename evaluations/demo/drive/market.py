"""Old compounds on the way from trusteeship to the market: one handed over, one ready, one with something to mend."""

import datetime as dt

from communities.models import CompoundPlacement, HandOver, HandOverState, ServiceAssignment, ServiceContract
from communities.services.market import Finding, finish_hand_over, inspect_hand_over, plan_hand_over
from evaluations.demo.drive.stage import Stage

RECORDED = dt.date(2026, 10, 21)
INSPECTED = dt.date(2026, 10, 19)
FROM = dt.date(2026, 11, 1)
"""The market serves from this day, after the figures that the demo reports."""
TO_MEND = {2: "北侧单元门禁损坏，修复后复验", 5: "收费标准尚待业主表决"}
NUMBER = 3


def hand_over_compounds(stage: Stage) -> None:
    """Three compounds in trusteeship that lie beside one with a market enterprise; nothing when it was done."""
    if HandOver.objects.filter(district=stage.district).exists():
        return
    stage.forward_to(RECORDED, 10)
    user = stage.user("registrar")
    for place, (assignment, contract) in enumerate(_beside_the_market(stage)):
        row = plan_hand_over(
            hand_over=HandOver(
                district=stage.district,
                compound=assignment.compound,
                contract=contract,
                planned_for=FROM,
                document="演示房管〔2026〕18号",
                recorded_at=stage.district.clock,
            ),
            acting_user=user,
        )
        wrong = TO_MEND if place == 2 else {}
        findings = {
            item.pk: Finding(item.number not in wrong, wrong.get(item.number, ""))
            for item in row.items.order_by("number")
        }
        row = inspect_hand_over(hand_over=row, inspected_on=INSPECTED, findings=findings, acting_user=user)
        if place == 0 and row.state == HandOverState.INSPECTED:
            finish_hand_over(hand_over=row, handed_over_on=FROM, acting_user=user)


def _beside_the_market(stage: Stage) -> list[tuple[ServiceAssignment, ServiceContract]]:
    """Compounds in trusteeship whose community has a market contract that goes on, one a community (three queries)."""
    community = dict(CompoundPlacement.objects.on(FROM).values_list("compound", "community"))
    here = ServiceAssignment.objects.on(FROM).filter(compound__district=stage.district)
    here = here.select_related("contract", "compound")
    market: dict[int, ServiceContract] = {}
    taken_over = here.filter(contract__kind=ServiceContract.Kind.TAKEOVER)
    for row in taken_over.order_by("contract__number", "pk"):
        market.setdefault(community[row.compound_id], row.contract)
    found: dict[int, tuple[ServiceAssignment, ServiceContract]] = {}
    for row in here.filter(contract__kind=ServiceContract.Kind.TRUSTEESHIP).order_by("compound__code"):
        place = community[row.compound_id]
        if place in market:
            found.setdefault(place, (row, market[place]))
    return list(found.values())[:NUMBER]
