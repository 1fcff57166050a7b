"""Rotating flags in the demo: two sample rules, three past quarters decided, the last one half decided."""

from evaluations.demo.drive.stage import Stage
from evaluations.models import EvaluationPeriod, FlagRound, FlagRule
from evaluations.services import flag_withdrawals, flags
from evaluations.services.flag_rules import rules_for
from redprop.common.periods import Period

FIRST = Period.parse("2025Q4")
SAMPLES = (
    {
        "title": "流动红旗评定办法（区级，样例）",
        "area": FlagRule.Area.DISTRICT,
        "by_group": True,
        "flags": 2,
        "min_total": 85,
    },
    {
        "title": "流动红旗评定办法（街道，样例）",
        "area": FlagRule.Area.SUBDISTRICT,
        "by_group": False,
        "flags": 1,
        "min_total": 80,
    },
)


def load_rules(stage: Stage) -> None:
    """The two sample rules, in force from the first quarter with flags."""
    for values in SAMPLES:
        FlagRule.objects.get_or_create(
            district=stage.district,
            title=values["title"],
            defaults={
                **values,
                "document": "样例〔2025〕12号",
                "is_sample": True,
                "valid_from": FIRST.start,
                "recorded_by": "evaluator",
            },
        )


def drive_past_flags(stage: Stage, quarter: Period) -> None:
    """Decide the flags of a past quarter on the day of its final list; once the best declines."""
    if quarter < FIRST:
        return
    load_rules(stage)
    period = _period(stage, quarter)
    for rule in rules_for(period):
        if FlagRound.objects.filter(period=period, rule=rule).exists():
            continue
        round_ = flags.open_round(period=period, rule=rule, acting_user=stage.user("evaluator"))
        _decide(stage, round_, decline_first=rule.area == FlagRule.Area.DISTRICT and quarter.number == 1)


def drive_flags(stage: Stage, quarter: Period) -> None:
    """The last quarter: the district's flags are decided, those of the subdistricts wait for the publisher."""
    period = _period(stage, quarter)
    load_rules(stage)
    for rule in rules_for(period):
        if FlagRound.objects.filter(period=period, rule=rule).exists():
            continue
        round_ = flags.open_round(period=period, rule=rule, acting_user=stage.user("evaluator"))
        if rule.area == FlagRule.Area.DISTRICT:
            _decide(stage, round_, decline_first=False)
    flag_withdrawals.propose_withdrawals(district=stage.district)


def _period(stage: Stage, quarter: Period) -> EvaluationPeriod:
    found = EvaluationPeriod.objects.select_related("district", "rubric")
    return found.get(district=stage.district, code=str(quarter))


def _decide(stage: Stage, round_: FlagRound, *, decline_first: bool) -> None:
    publisher = stage.user("publisher")
    given: dict[tuple[int | None, str], int] = {}
    for candidate in round_.candidates.order_by("subdistrict", "group", "position", "pk"):
        if given.get(candidate.cell, 0) >= round_.rule.flags:
            continue
        if decline_first:
            decline_first = False
            flags.decline_candidate(
                candidate=candidate,
                reason="该项目当季内变更项目经理，企业来函放弃本轮。",
                acting_user=publisher,
            )
            continue
        flags.award_flag(candidate=candidate, acting_user=publisher)
        given[candidate.cell] = given.get(candidate.cell, 0) + 1
    flags.close_round(round_=round_, acting_user=publisher)
