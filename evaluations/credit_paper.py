"""Credit on paper, always in Chinese: the report for a tender, and the scoring notice (记分告知单) in three copies."""

import datetime as dt
from decimal import Decimal

from django.utils.translation import override

from communities.paper import chinese_day
from evaluations.models import CreditEvent, CreditReport
from redprop.common.documents import Document, Heading, Paragraph, SignedBy, Table

PARTS = {"basic": "基础信息", "good": "良好信息", "bad": "失信信息"}
COPIES = (
    "第一联：开具单位留存，作为信用信息记载依据",
    "第二联：物业服务企业留存",
    "第三联：企业注册地区房屋行政主管部门留存",
)


def report_paper(report: CreditReport, *, address: str) -> Document:
    """Return the report as a paper; `address` is the page on which its code is verified."""
    content = report.content
    rated, own, manager = content["rated"], content["enterprise"], content.get("manager")
    events = [
        [
            event["number"],
            PARTS[event["part"]],
            f"{event['title']}（{'，'.join(filter(None, [event['branch'], event['project'], event['article']]))}）",
            event["points"],
            f"{event['from']}至{event['until'] or '长期'}",
        ]
        for event in content["events"]
    ]
    city = content["city_rating"]
    sums = "，".join(
        f"{PARTS[part]}{points}分" + (f"（最高{content['caps'][part]}分）" if part in content["caps"] else "")
        for part, points in content["sums"].items()
    )
    blocks: list = [
        Heading("一、主体" if manager else "一、企业"),
        *(
            [Paragraph(f"{manager['project']}{manager['post']}{manager['name'] or '（姓名未公开）'}。")]
            if manager
            else []
        ),
        Paragraph(f"{'所在企业：' if manager else ''}{own['name']}，统一社会信用代码{own['uscc']}。"),
        *(
            []
            if rated == own or manager
            else [
                Paragraph(f"分支机构的记分归集到法人单位{rated['name']}（{rated['uscc']}），等次为其等次。")
            ]
        ),
        Heading("二、结果"),
        Paragraph(
            f"截至{chinese_day(report.as_of)}，按{content['scheme']['title']}（{content['scheme']['document']}），"
            f"得分{content['total']}分，等次：{content['grade'] or '该得分无对应等次'}。",
            bold=True,
        ),
        Paragraph(f"计算：起始{content['start']}分；{sums}。"),
        Heading("三、计分事项"),
        *(
            [Table(["编号", "类别", "事项", "分值", "计分期间"], events, [2.4, 1.2, 4, 0.9, 2.2])]
            if events
            else [Paragraph("该日没有计分中的事项。")]
        ),
        *(
            []
            if manager
            else [
                Heading("四、市级评级"),
                Paragraph(
                    f"{city['grade']}（{chinese_day(dt.date.fromisoformat(city['on']))}，{city['source']}）。"
                    if city
                    else "本系统未收到该企业的市级评级。"
                ),
            ]
        ),
        Heading("四、说明" if manager else "五、说明"),
        Paragraph("本报告是有日期的证据，不构成对投标资格的自动限制；如何使用由招标人依法决定并记录。"),
        Paragraph(f"用途：{report.purpose}。"),
        Paragraph(f"核验：打开{address}，校验码{report.code}。摘要：{report.digest}。"),
        SignedBy(f"{report.district}房屋行政主管部门", chinese_day(report.issued_at.date())),
    ]
    return Document(
        mark="物业项目经理信用报告" if manager else "物业服务企业信用报告",
        number=report.number,
        issued=chinese_day(report.issued_at.date()),
        blocks=blocks,
        copies="",
        printed_by="",
        printed_on="",
        corner="演示数据" if report.district.is_demo else "",
        name=f"信用报告{report.number}",
    )


def notice_paper(event: CreditEvent, *, objection_days: int = 5) -> Document:
    """Return the scoring notice of a bad event in its three copies."""
    with override("zh-hans"):
        subject = f"{event.enterprise.name}" + (f"（项目经理：{event.person.name}）" if event.person else "")
        told = event.recorded_at.date()
        days = (
            f"{(event.rectify_by - told).days}日内（{chinese_day(event.rectify_by)}前）"
            if event.rectify_by
            else "无需整改"
        )
        rows = [
            ["物业公司名称", subject],
            ["服务项目", event.project.name if event.project else "—"],
            ["违规情形（受理内容）", f"{event.title}。{event.evidence}"],
            ["依据", "；".join(filter(None, [event.article, event.document])) or "—"],
            ["告知日期", chinese_day(told)],
            ["整改期限", days],
            ["记分", f"{event.points.quantize(Decimal('0.01'))}分（{event.get_severity_display()}）"],
            ["计分期间", f"{chinese_day(event.starts_on)}至{chinese_day(event.ends_on)}"],
            ["申诉期限", f"收到之日起{objection_days}个工作日内"],
            ["受理机关", f"{event.district}房屋行政主管部门"],
            ["单位（盖章）", ""],
            ["经办人（签名）", ""],
        ]
    blocks: list = []
    for copy in COPIES:
        blocks += [Heading(copy), Table(["栏目", "内容"], rows, [1, 2.6])]
    return Document(
        mark="物业服务企业信用信息记分告知单",
        number=event.number,
        issued=chinese_day(told),
        blocks=blocks,
        copies="",
        printed_by="",
        printed_on="",
        corner="演示数据" if event.district.is_demo else "",
        name=f"记分告知单{event.number}",
    )
