"""Credit in the demo: a sample scheme, events of the lists and by hand, a report, and the tender it served."""

import datetime as dt
from decimal import Decimal

from enterprises.models import Enterprise, Post
from evaluations.demo.drive.stage import Stage
from evaluations.models import CreditEvent, CreditGrade, CreditScheme, Tender, TenderBid
from evaluations.services import credit, credit_reports

GRADES = (("AAA", 110, None), ("AA", 100, 110), ("A", 85, 100), ("B", 60, 85), ("C", None, 60))
BIDS_ON = dt.date(2026, 10, 20)


def load_scheme(stage: Stage) -> CreditScheme:
    """The sample scheme: 100 points, ± by events that count a year; C on a veto."""
    scheme, new = CreditScheme.objects.get_or_create(
        district=stage.district,
        code="YB-2023",
        defaults={
            "title": "物业服务企业信用等级方案（样例）",
            "document": "样例〔2023〕1号",
            "valid_from": dt.date(2023, 1, 1),
            "start": Decimal(100),
            "good_cap": Decimal(20),
            "term_months": 12,
        },
    )
    if new:
        CreditGrade.objects.bulk_create(
            CreditGrade(
                scheme=scheme, position=position, name=name, lower=lower, upper=upper, on_veto=name == "C"
            )
            for position, (name, lower, upper) in enumerate(GRADES, 1)
        )
    return scheme


def drive_credit(stage: Stage) -> None:
    """A finding by hand, a repaired one, and a tender with the credit reports of its bidders."""
    if Tender.objects.filter(district=stage.district).exists():
        return
    scheme, evaluator = load_scheme(stage), stage.user("evaluator")
    firms = list(Enterprise.objects.filter(district=stage.district, kind="market").order_by("uscc")[:3])
    happened = dt.date(2026, 8, 10)
    found = []
    for firm, title in zip(firms, ("未按约定公示收支情况", "未按合同配备秩序维护人员"), strict=False):
        found.append(
            credit.record_credit_event(
                event=CreditEvent(
                    district=stage.district,
                    scheme=scheme,
                    enterprise=firm,
                    part=CreditEvent.Part.BAD,
                    points=Decimal(6),
                    title=title,
                    article="样例记分标准第12项",
                    evidence="责令整改通知书（样例）〔2026〕8号",
                    severity=CreditEvent.Severity.ORDINARY,
                    happened_on=happened,
                    starts_on=happened,
                    ends_on=dt.date(2027, 8, 9),
                    rectify_by=dt.date(2026, 11, 9),
                ),
                acting_user=evaluator,
            )
        )
    credit.end_credit_event(
        event=found[-1],
        reason="repaired",
        evidence="2026年9月复查合格，岗位已补齐",
        ended_on=dt.date(2026, 9, 18),
        acting_user=evaluator,
    )
    _manager_of(stage, scheme, firms[0])
    tender = Tender.objects.create(
        district=stage.district,
        code="ZB2026-001",
        title="示例小区物业服务招标",
        buyer="示例小区业主委员会",
        bids_on=BIDS_ON,
        result="综合评分第一的投标人中标；信用报告按招标文件计入综合分，未作为资格限制。",
        recorded_by="evaluator",
    )
    for position, firm in enumerate(firms):
        report = credit_reports.issue_credit_report(
            enterprise=firm,
            scheme=scheme,
            as_of=BIDS_ON,
            purpose=f"{tender.title}投标",
            acting_user=evaluator,
        )
        TenderBid.objects.create(
            tender=tender,
            enterprise=firm,
            report=report,
            use="信用得分占综合评分5%",
            won=position == 0,
            recorded_by="evaluator",
        )


def _manager_of(stage: Stage, scheme: CreditScheme, firm: Enterprise) -> None:
    """A finding in a project manager's own ledger, and the report of that ledger."""
    day = dt.date(2026, 9, 10)
    post = (
        Post.objects.on(day)
        .filter(enterprise=firm, kind=Post.Kind.PROJECT_MANAGER, project__isnull=False)
        .select_related("project", "person")
        .order_by("pk")
        .first()
    )
    if post is None or post.valid_to is not None:
        return
    evaluator = stage.user("evaluator")
    credit.record_credit_event(
        event=CreditEvent(
            district=stage.district,
            scheme=scheme,
            enterprise=firm,
            person=post.person,
            project=post.project,
            part=CreditEvent.Part.BAD,
            points=Decimal(3),
            title="未按时参加联席会且未请假",
            article="样例记分标准第21项",
            evidence="联席会签到表（样例）〔2026〕9号",
            severity=CreditEvent.Severity.MINOR,
            happened_on=day,
            starts_on=day,
            ends_on=dt.date(2026, 12, 9),
        ),
        acting_user=evaluator,
    )
    credit_reports.issue_credit_report(
        enterprise=firm,
        scheme=scheme,
        as_of=BIDS_ON,
        purpose="示例小区物业服务招标投标（拟派项目经理）",
        manager_of=post.project,
        acting_user=evaluator,
    )
