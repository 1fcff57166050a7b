"""The minutes (纪要) of a joint meeting as an official paper after GB/T 9704-2012, 10.3. Always in Chinese."""

import datetime as dt

from django.utils import timezone
from django.utils.translation import override

from communities.models import Commitment, JointMeeting, MeetingAttendance
from communities.selectors import Item, items_on
from redprop.common.documents import (
    Document,
    Heading,
    Paragraph,
    People,
    Signatures,
    Table,
    layer_number,
)

MISSING = "（未填）"
Kind = MeetingAttendance.Kind
PEOPLE = ((Kind.PRESENT, "出席"), (Kind.OBSERVER, "列席"), (Kind.EXCUSED, "请假"), (Kind.ABSENT, "缺席"))


def chinese_day(day: dt.date | None) -> str:
    """Return 2026年10月20日, as dates stand in text."""
    return f"{day.year}年{day.month}月{day.day}日" if day else MISSING


def paper_of(meeting: JointMeeting) -> Document:
    """The minutes with their addenda: as frozen at acceptance, before that as they stand."""
    paper = Document.from_dict(meeting.paper) if meeting.paper else minutes_paper(meeting)
    addenda = list(meeting.addenda.all())
    if not addenda:
        return paper
    blocks = [*paper.blocks, Heading("补充记录")]
    for row in addenda:
        who = f"（记录：{row.recorded_by}）" if row.recorded_by else ""
        blocks.append(
            Paragraph(f"{layer_number(row.number, 2)}{chinese_day(row.added_on)}补充：{row.text}{who}")
        )
    return Document(**{**paper.__dict__, "blocks": blocks})


def minutes_paper(meeting: JointMeeting) -> Document:
    """The minutes as they stand now, without addenda (some seven queries)."""
    with override("zh-hans"):
        return _minutes(meeting)


def _minutes(meeting: JointMeeting) -> Document:
    community = meeting.community
    name = f"{community}联席会议纪要"
    written = timezone.localdate(meeting.submitted_at) if meeting.submitted_at else meeting.held_on
    promises = list(meeting.commitments.select_related("project__enterprise", "compound").order_by("pk"))
    blocks: list = [
        Paragraph(
            f"{chinese_day(meeting.held_on)}，{meeting.chair or MISSING}在{meeting.place or MISSING}"
            f"主持召开{community}{meeting.month.year}年{meeting.month.month}月联席会议。现纪要如下："
        )
    ]
    sections = [
        ("上次会议事项办理情况", _items(meeting)),
        ("居民反映问题", _problems(meeting)),
        ("会议情况", _discussed(meeting, bool(promises))),
        ("议定事项", [Paragraph(line) for line in _lines(meeting.decisions)]),
        ("承诺事项", _promises(promises)),
    ]
    number = 0
    for title, content in sections:
        if content:
            number += 1
            blocks += [Heading(f"{layer_number(number)}{title}"), *content]
    blocks += _people(meeting)
    blocks.append(Signatures(["主持人（签字）", "记录人（签字）"]))
    return Document(
        mark=name,
        number=f"{meeting.month.year}年第{meeting.month.month}期",
        issued=chinese_day(written),
        blocks=blocks,
        copies=f"{community.subdistrict}，各参会单位",
        printed_by=f"{community}党组织",
        printed_on=f"{chinese_day(written)}印发",
        corner="演示数据" if community.district.is_demo else "",
        name=f"{community}{meeting.month:%Y-%m}联席会议纪要",
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _items(meeting: JointMeeting) -> list[Paragraph]:
    day = meeting.held_on or meeting.month
    items = items_on(meeting.community, meeting.month, day)
    if not items:
        return [Paragraph("此前承诺事项均已办结。")]
    return [
        Paragraph(
            f"{layer_number(number, 3)}{_about(item.commitment)}（{item.commitment.project}，"
            f"{chinese_day(item.commitment.first_due_on)}前办结）：{_progress(item, day)}。"
        )
        for number, item in enumerate(items, 1)
    ]


def _progress(item: Item, day: dt.date) -> str:
    if item.closed_on:
        return f"已办结，{chinese_day(item.closed_on)}经社区确认"
    late = "，已逾期" if item.commitment.first_due_on < day else ""
    words = {
        Commitment.State.ANSWERED: "企业已答复，待社区确认",
        Commitment.State.REOPENED: f"未修好，继续办理{late}",
    }
    return words.get(item.state, f"正在办理{late}")  # type: ignore[call-overload]


def _about(commitment: Commitment) -> str:
    where = str(commitment.compound or "")
    return commitment.problem if where in commitment.problem else f"{commitment.problem}（{where}）"


def _problems(meeting: JointMeeting) -> list[Paragraph]:
    rows = meeting.problems.select_related("compound")
    return [
        Paragraph(
            f"{layer_number(number, 3)}{row.text}"
            f"（{'，'.join(filter(None, [str(row.compound or ''), row.get_category_display()]))}）。"
        )
        for number, row in enumerate(rows, 1)
    ]


def _discussed(meeting: JointMeeting, promised: bool) -> list[Paragraph]:
    lines = _lines(meeting.topics)
    if lines:
        return [Paragraph(line) for line in lines]
    return [Paragraph("会议研究了下列承诺事项。" if promised else "本月无新增事项。")]


def _promises(rows: list[Commitment]) -> list[Table]:
    if not rows:
        return []
    return [
        Table(
            ["问题", "承诺", "责任单位及岗位", "完成时限"],
            [
                [
                    _about(row),
                    row.promise,
                    f"{row.project.enterprise} {row.responsible_post}",
                    chinese_day(row.first_due_on),
                ]
                for row in rows
            ],
            [3, 3, 2.6, 2.4],
        )
    ]


def _people(meeting: JointMeeting) -> list[People]:
    rows = list(meeting.attendance.select_related("project__enterprise").order_by("pk"))
    found = []
    for kind, label in PEOPLE:
        names = [
            f"{r.project}（{r.project.enterprise}）" if r.project else r.unit for r in rows if r.kind == kind
        ]
        if names:
            found.append(People(label, names))
    if meeting.recorder:
        found.append(People("记录", [meeting.recorder]))
    return found
