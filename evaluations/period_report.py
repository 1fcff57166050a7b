"""The district's report of a period (考评情况通报) as an official paper, always in Chinese: tables with drawings between.

Black and watched subjects are named while their display lasts. No resident and no person is named.
"""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from django.utils.timezone import localdate
from django.utils.translation import override

from communities.paper import chinese_day
from evaluations.models import Colour, Level, Objection, RotatingFlag
from evaluations.period_report_data import ReportData, summary
from evaluations.trend_charts import district_charts
from evaluations.words import reason_text
from redprop.common.documents import Document, Heading, Paragraph, Picture, SignedBy, Table, layer_number
from redprop.common.documents.content import Block
from redprop.common.drawings import bars
from redprop.common.rounding import quantize

NO = "—"


def period_paper(data: ReportData, *, today: dt.date, font: str = "") -> Document:
    """Return the report; `font` is the face that its drawings name."""
    period = data.period
    with override("zh-hans"):
        label, district = period.value.label, str(period.district)
        sections = [
            ("总体情况", _overall(data, font)),
            ("红榜", _listed(data, Colour.RED)),
            ("重点监管", _listed(data, Colour.WATCH)),
            ("黑榜", _listed(data, Colour.BLACK)),
            ("企业榜", _enterprises(data)),
            ("与上期比较", _moves(data)),
            ("分街道情况", _streets(data, font)),
            ("分指标情况", _items(data, font)),
            ("一票否决", _vetoes(data)),
            ("异议办理", _objections(data)),
            ("流动红旗", _flags(data)),
            ("资金", _money(data)),
        ]
        blocks: list[Block] = [
            Paragraph(
                f"按照{period.rubric.title}（{period.rubric.document}），现将{district}{label}物业服务考评情况通报如下。"
                f"数据以{data.release_number}号公布的结果为准。"
            )
        ]
        for number, (title, found) in enumerate(sections, 1):
            blocks += [Heading(f"{layer_number(number)}{title}"), *found]
        blocks.append(SignedBy(f"{district}红色物业工作专班办公室", chinese_day(today)))
        return Document(
            mark="物业服务考评情况通报",
            number=f"{data.release_number}（通报）",
            issued=chinese_day(today),
            title=f"关于{district}{label}物业服务考评情况的通报",
            addressee="各街道办事处，各物业服务企业",
            blocks=blocks,
            corner="演示数据" if period.district.is_demo else "",
            name=f"{district}{label}考评通报",
        )


def _num(value: Decimal | None) -> str:
    return NO if value is None else f"{quantize(value):f}"


def _signed(value: Decimal) -> str:
    return f"{quantize(value):+f}"


def _percent(share: Decimal | None) -> str:
    return NO if share is None else f"{quantize(share * 100, Decimal('0.1')):f}%"


def _overall(data: ReportData, font: str) -> Iterable[Block]:
    scored, mean, counts = summary(data.projects)
    ranked = sum(row.rank is not None for row in data.projects)
    before_scored, before_mean, before = summary(list(data.before.values()))
    yield Paragraph(
        f"本期考评服务项目{len(data.projects)}个，出总分{scored}个，参加排名{ranked}个，平均{_num(mean)}分。"
        f"红榜{counts[Colour.RED]}个，重点监管{counts[Colour.WATCH]}个，黑榜{counts[Colour.BLACK]}个，"
        f"待定{counts[Colour.UNDETERMINED]}个。最终榜单于{chinese_day(localdate(data.published_on))}公布。"
    )
    rows = [
        ["出总分的项目（个）", scored, before_scored],
        ["平均分（分）", mean, before_mean],
        *(
            [str(Colour(colour).label) + "（个）", counts[colour], before[colour]]
            for colour in (Colour.RED, Colour.WATCH, Colour.BLACK)
        ),
    ]
    yield Table(
        ["指标", "本期", "上期", "变化"],
        [
            [
                str(name),
                _figure(now),
                _figure(then) if data.before else NO,
                _change(now, then) if data.before else NO,
            ]
            for name, now, then in rows
        ],
        [3, 1.4, 1.4, 1.4],
    )
    for caption, drawing in district_charts(data.trend, font=font):
        yield Picture(drawing, f"图：{caption}（{data.trend[0].period}至{data.trend[-1].period}）")
    if len(data.trend) > 1:
        yield Table(
            ["周期", "出总分", "平均分", "中位数", "红榜", "重点监管", "黑榜"],
            [
                [
                    p.period,
                    str(p.scored),
                    _num(p.mean),
                    _num(p.median),
                    str(p.red),
                    str(p.watch),
                    str(p.black),
                ]
                for p in data.trend
            ],
        )


def _figure(value: object) -> str:
    return _num(value) if isinstance(value, Decimal) or value is None else str(value)


def _change(now: object, then: object) -> str:
    if now is None or then is None:
        return NO
    if isinstance(now, Decimal) and isinstance(then, Decimal):
        return _signed(now - then)
    return f"{int(str(now)) - int(str(then)):+d}"


def _listed(data: ReportData, colour: Colour) -> Iterable[Block]:
    rows = data.of_colour(colour)
    came, left = data.list_changes(colour)
    if data.before:
        yield Paragraph(f"与上期相比，新列入{came}个，退出{left}个。")
    if not rows:
        yield Paragraph("本期无（或公示期限已届满）。")
        return
    with_reasons = colour != Colour.RED
    head = ["名次", "服务项目", "企业", "街道", "总分", *(["列入原因"] if with_reasons else [])]
    yield Table(
        head,
        [
            [
                str(row.rank or NO),
                row.name,
                row.enterprise,
                row.subdistrict or NO,
                _num(row.total),
                *(["".join(map(reason_text, row.reasons))] if with_reasons else []),
            ]
            for row in rows
        ],
        [0.8, 2.2, 2.4, 1.4, 1, *([3] if with_reasons else [])],
    )


def _enterprises(data: ReportData) -> Iterable[Block]:
    rows = [
        row
        for colour in (Colour.RED, Colour.WATCH, Colour.BLACK)
        for row in data.of_colour(colour, Level.ENTERPRISE)
    ]
    if not rows:
        yield Paragraph("本期没有列榜企业。")
        return
    yield Table(
        ["企业", "榜单", "名次", "总分"],
        [[row.name, str(Colour(row.colour).label), str(row.rank or NO), _num(row.total)] for row in rows],
        [3, 1.4, 1, 1],
    )


def _moves(data: ReportData) -> Iterable[Block]:
    if not data.before:
        yield Paragraph("没有可比的上一期最终结果。")
        return
    up, down = data.moves()
    for words, rows in (("总分上升较多的项目", up), ("总分下降较多的项目", down)):
        if rows:
            yield Paragraph(f"{words}：", bold=True)
            yield Table(
                ["服务项目", "企业", "上期", "本期", "变化"],
                [
                    [
                        row.name,
                        row.enterprise,
                        _num(data.before[row.key].total),
                        _num(row.total),
                        _signed(change),
                    ]
                    for row, change in rows
                    if row.named or row.colour not in (Colour.BLACK, Colour.WATCH)
                ],
                [2.4, 2.6, 1, 1, 1],
            )
    if not up and not down:
        yield Paragraph("各项目总分与上期相同。")


def _streets(data: ReportData, font: str) -> Iterable[Block]:
    found = data.by_subdistrict()
    rows = [(name, mean) for name, _scored, mean, _counts in found]
    yield Picture(
        bars(rows, title="分街道平均分", most=data.period.rubric.total_scale, font=font),
        "图：各街道项目平均分（分）",
    )
    yield Table(
        ["街道", "出总分（个）", "平均分", "红榜", "重点监管", "黑榜"],
        [
            [
                name,
                str(scored),
                _num(mean),
                *(str(counts[c]) for c in (Colour.RED, Colour.WATCH, Colour.BLACK)),
            ]
            for name, scored, mean, counts in found
        ],
        [2, 1.4, 1.2, 1, 1.2, 1],
    )


def _items(data: ReportData, font: str) -> Iterable[Block]:
    if not data.shares:
        yield Paragraph("本期没有自有计分项，总分由各季度最终总分平均得出。")
        return
    rows = [
        (s.title, None if s.mean is None else quantize(s.mean * 100, Decimal("0.1"))) for s in data.shares
    ]
    yield Picture(
        bars(rows, title="各指标平均得分率", most=Decimal(100), font=font), "图：各指标平均得分率（%）"
    )
    yield Table(
        ["指标", "计分项目（个）", "平均得分率", "满分（个）", "上期得分率"],
        [[s.title, str(s.scored), _percent(s.mean), str(s.full), _percent(s.before)] for s in data.shares],
        [2.6, 1.4, 1.2, 1.2, 1.2],
    )


def _vetoes(data: ReportData) -> Iterable[Block]:
    if not data.vetoes:
        yield Paragraph("本期无。")
        return
    shown = {row.key for row in data.projects if row.named}
    yield Table(
        ["服务项目", "企业", "事由", "发生日期", "认定日期"],
        [
            [
                v.project.name,
                v.project.enterprise.name,
                str(v.get_code_display()),
                v.happened_on.isoformat(),
                v.decided_on.isoformat(),
            ]
            for v in data.vetoes
            if v.project_id in shown
        ],
        [2, 2.2, 2, 1.6, 1.6],
    )


def _objections(data: ReportData) -> Iterable[Block]:
    if not data.objections:
        yield Paragraph("公示期内没有收到异议。")
        return
    by = [one.by for one in data.objections]
    state = Objection.State
    yield Paragraph(
        f"收到异议{len(by)}件：企业{by.count(Objection.By.ENTERPRISE)}件，居民{by.count(Objection.By.RESIDENT)}件。"
        f"成立{data.counts.get(state.UPHELD, 0)}件，不成立{data.counts.get(state.REJECTED, 0)}件，"
        f"不予受理{data.counts.get(state.REFUSED, 0)}件，办理中{data.counts.get(state.FILED, 0) + data.counts.get(state.ADMITTED, 0)}件。"
    )
    yield Table(
        ["编号", "提出方", "对象", "结果", "说明"],
        [
            [
                one.code,
                str(one.get_by_display()),
                str(one.entry.project or one.entry.enterprise),
                str(one.get_state_display()),
                one.result or NO,
            ]
            for one in data.objections
        ],
        [2.4, 0.9, 1.9, 1, 2.8],
    )


def _flags(data: ReportData) -> Iterable[Block]:
    if not data.flags:
        yield Paragraph("本期没有授予流动红旗。")
        return
    yield Table(
        ["范围", "服务项目", "企业", "由谁传来", "授予日期"],
        [
            [
                flag.cell_label,
                flag.project.name,
                flag.enterprise.name,
                _from(flag),
                flag.awarded_on.isoformat(),
            ]
            for flag in data.flags
        ],
        [1.6, 2, 2.2, 1.9, 1.6],
    )


def _from(flag: RotatingFlag) -> str:
    if flag.passed_from is None:
        return "新授"
    return "蝉联" if flag.passed_from.project_id == flag.project_id else flag.passed_from.project.name


def _money(data: ReportData) -> Iterable[Block]:
    if not data.batches:
        yield Paragraph("本期补贴批次尚未批准，待批准后另行公布。")
        return
    yield Table(
        ["批次", "资金", "笔数", "金额（元）", "状态"],
        [
            [b.number, b.fund.name, str(b.line_count), f"{b.total:,.2f}", str(b.get_state_display())]
            for b in data.batches
        ],
        [2, 2.4, 0.8, 1.6, 1.2],
    )
