"""The sample rubric: domain.md section 1's defaults, to start from. A district puts its own in its place.

Party building 30, on-site 30, satisfaction 25, closure of what was promised 15; red from 90 and
among the first 10 %, black below 70 or twice among the last 3 % below 75.
"""

from dataclasses import replace
from decimal import Decimal as D

from evaluations.scoring.rubric import Item, Kind, Level, Missing, PointsBand, ResultBand, Rubric, Transform

LINEAR = Transform(Kind.LINEAR)

SAMPLE = Rubric(
    code="SAMPLE",
    version="1",
    title="物业服务项目季度考评标准（示例）",
    document="示例〔2023〕1号",
    min_available=D(60),
    satisfaction_item="satisfaction",
    bands=(
        ResultBand(D(90), "A", "优秀"),
        ResultBand(D(80), "B", "良好"),
        ResultBand(D(70), "C", "合格"),
        ResultBand(D(0), "D", "不合格"),
    ),
    items=(
        Item(
            "party_organisation",
            "党的组织覆盖",
            D(8),
            LINEAR,
            "party_organisation",
            "party",
            missing=Missing.ZERO,
        ),
        Item(
            "leadership_team",
            "党组织书记在岗",
            D(7),
            LINEAR,
            "leadership_team",
            "party",
            missing=Missing.ZERO,
        ),
        Item(
            "cross_appointments",
            "双向进入、交叉任职",
            D(8),
            LINEAR,
            "cross_appointments",
            "party",
            missing=Missing.ZERO,
        ),
        Item(
            "graduates_employed",
            "大学生在岗",
            D(7),
            Transform(
                Kind.BANDS,
                bands=(PointsBand(D(2), D(7)), PointsBand(D(1), D(5)), PointsBand(D("0.5"), D(3))),
            ),
            "graduates_employed",
            "party",
            level=Level.ENTERPRISE,
        ),
        Item("onsite_inspection", "现场检查", D(22), Transform(Kind.MEAN), "onsite_inspection", "onsite"),
        Item("eight_guarantees", "“八保”落实", D(8), LINEAR, "eight_guarantees", "onsite"),
        Item("satisfaction", "居民满意度", D(25), LINEAR, "satisfaction", "satisfaction", min_n=30),
        Item("joint_meetings", "参加联席会", D(4), LINEAR, "joint_meetings", "closure"),
        Item("commitments_in_time", "承诺按期销号", D(6), LINEAR, "commitments_in_time", "closure"),
        Item("requests_in_time", "诉求按期答复", D(5), LINEAR, "requests_in_time", "closure"),
        Item(
            "commitments_reopened",
            "承诺事项复发扣分",
            D(0),
            Transform(Kind.DEDUCTION, per_event=D(1), floor=D(-3)),
            "commitments_reopened",
            "closure",
        ),
        Item(
            "deductions",
            "查实问题扣分",
            D(0),
            Transform(Kind.DEDUCTION, per_event=D(1), floor=D(-5)),
            "deductions",
            "onsite",
        ),
    ),
)

TOTALS = replace(
    SAMPLE,
    code="SAMPLE-TOTAL",
    title="物业服务项目半年和年度考评标准（示例）",
    items=(),
    min_available=D(0),
    satisfaction_item=None,
    own_share=D(0),
    list_rule=replace(SAMPLE.list_rule, red_needs_satisfaction=False, retest=False, black_share=None),
    enterprise_rule=replace(SAMPLE.enterprise_rule, retest=False),
)
"""Half-years and years: nothing but the mean of the final quarter totals, ranked and listed anew."""
