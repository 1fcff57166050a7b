"""The minutes (纪要) of a council meeting as an official paper after GB/T 9704-2012, 10.3. Always in Chinese.

Frozen at filing without a name; the representatives' names are added for the community alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils import timezone
from django.utils.translation import override

from communities.models import (
    CouncilAttendance,
    CouncilFollowUp,
    CouncilMeeting,
    CouncilResolution,
    CouncilTopic,
)
from communities.paper import MISSING, chinese_day
from redprop.common.documents import (
    Document,
    Heading,
    Paragraph,
    People,
    Signatures,
    Table,
    layer_number,
)

Kind = CouncilAttendance.Kind
COUNTED = ((Kind.PRESENT, "出席"), (Kind.EXCUSED, "请假"), (Kind.ABSENT, "缺席"))


def paper_of_council(meeting: CouncilMeeting, *, with_names: bool = False) -> Document:
    """The minutes as filed, with later corrections below them; names only for the community itself."""
    paper = Document.from_dict(meeting.paper) if meeting.paper else council_paper(meeting)
    blocks = list(paper.blocks)
    if with_names:
        place = next((i for i, b in enumerate(blocks) if isinstance(b, People)), len(blocks))
        names = _names(meeting)
        blocks = [*blocks[:place], *names, *[b for b in blocks[place:] if not _is_count(b)]]
    changes = list(
        meeting.resolutions.filter(replaces__isnull=False).select_related("topic").order_by("dated", "pk")
    )
    if changes:
        blocks.append(Heading("更正和撤回"))
        blocks += [Paragraph(_change(number, row)) for number, row in enumerate(changes, 1)]
    return replace(paper, blocks=blocks)


@dataclass(frozen=True)
class Facts:
    """What hangs on a meeting, as the minutes tell it."""

    compounds: Sequence[str] = ()
    resolutions: Sequence[CouncilResolution] = ()
    follow_ups: Sequence[CouncilFollowUp] = ()
    left: Sequence[CouncilTopic] = ()
    kinds: Sequence[str] = ()
    observers: Sequence[str] = ()


def council_paper(meeting: CouncilMeeting) -> Document:
    """The minutes as they stand now, without a name of a representative (some five queries)."""
    return paper_from(meeting, _facts(meeting))


def paper_from(meeting: CouncilMeeting, facts: Facts) -> Document:
    """The minutes from facts that are known already (no query when the community's area is loaded)."""
    with override("zh-hans"):
        return _minutes(meeting, facts)


def _facts(meeting: CouncilMeeting) -> Facts:
    resolutions = list(
        meeting.resolutions.filter(replaces__isnull=True)
        .select_related("topic")
        .prefetch_related("follow_ups__project__enterprise")
        .order_by("number")
    )
    observers = meeting.attendance.filter(kind=Kind.OBSERVER).select_related("project__enterprise")
    return Facts(
        compounds=[c.name for c in meeting.compounds.order_by("code")],
        resolutions=resolutions,
        follow_ups=[f for row in resolutions for f in row.follow_ups.all()],
        left=list(
            CouncilTopic.objects.filter(
                community=meeting.community,
                decided_on=meeting.held_on,
                state__in=[CouncilTopic.State.DEFERRED, CouncilTopic.State.REFUSED],
            ).order_by("pk")
        ),
        kinds=list(meeting.attendance.exclude(kind=Kind.OBSERVER).values_list("kind", flat=True)),
        observers=[
            f"{r.project}（{r.project.enterprise}）" if r.project else r.unit
            for r in observers.order_by("pk")
        ],
    )


def _minutes(meeting: CouncilMeeting, facts: Facts) -> Document:
    community = meeting.community
    compounds = "、".join(facts.compounds)
    written = timezone.localdate(meeting.filed_at) if meeting.filed_at else meeting.held_on
    blocks: list = [
        Paragraph(
            f"{chinese_day(meeting.held_on)}{meeting.get_session_display()}，{meeting.chair or MISSING}在"
            f"{meeting.place or MISSING}主持召开{compounds}议事会。现纪要如下："
        ),
        Heading("一、到会情况"),
        Paragraph(
            f"应到红色邻里代表{meeting.in_office or 0}人，实到{meeting.present or 0}人，法定人数{meeting.quorum or 0}人，"
            + ("达到法定人数，可以表决。" if meeting.has_quorum else "未达到法定人数，未作决议，议题顺延。")
        ),
    ]
    number = 1
    if facts.resolutions:
        number += 1
        blocks.append(Heading(f"{layer_number(number)}议题和决议"))
        for row in facts.resolutions:
            blocks.append(Heading(f"{layer_number(row.number, 2)}{row.topic.title}", 2))
            blocks.append(Paragraph(f"{row.text}"))
            blocks.append(Paragraph(f"表决：{votes_in_words(row)}"))
    if facts.follow_ups:
        number += 1
        blocks.append(Heading(f"{layer_number(number)}落实事项"))
        blocks.append(
            Table(
                ["事项", "责任单位及岗位", "完成时限"],
                [
                    [
                        f.what,
                        f"{f.project.enterprise if f.project else community} {f.responsible}",
                        chinese_day(f.due_on),
                    ]
                    for f in facts.follow_ups
                ],
                [4, 3.4, 2.6],
            )
        )
    others = [f"{t.title}：{t.get_state_display()}，{t.reason}" for t in facts.left]
    if others:
        number += 1
        blocks.append(Heading(f"{layer_number(number)}未决议题"))
        blocks += [Paragraph(f"{layer_number(n, 3)}{text}") for n, text in enumerate(others, 1)]
    blocks += [
        People(label, [f"红色邻里代表{facts.kinds.count(kind)}人"])
        for kind, label in COUNTED
        if facts.kinds.count(kind)
    ]
    if facts.observers:
        blocks.append(People("列席", list(facts.observers)))
    if meeting.recorder:
        blocks.append(People("记录", [meeting.recorder]))
    blocks.append(Signatures(["主持人（签字）", "记录人（签字）"]))
    name = f"{community}议事会纪要"
    return Document(
        mark=name,
        number=f"{meeting.held_on:%Y年}{meeting.held_on.month}月{meeting.held_on.day}日",
        issued=chinese_day(written),
        blocks=blocks,
        copies=f"{community.subdistrict}，各参会单位",
        printed_by=f"{community}党组织",
        printed_on=f"{chinese_day(written)}印发",
        corner="演示数据" if community.district.is_demo else "",
        name=f"{community}{meeting.held_on:%Y-%m-%d}议事会纪要",
    )


def votes_in_words(row: CouncilResolution) -> str:
    """The votes as a sentence of the minutes."""
    outcome = "通过" if row.passed else "未通过"
    return f"实到{row.present}人，同意{row.votes_for}票，反对{row.votes_against}票，弃权{row.votes_abstained}票，{outcome}。"


def _change(number: int, row: CouncilResolution) -> str:
    what = f"{layer_number(number, 2)}{chinese_day(row.dated)}，决议“{row.topic.title}”"
    if row.withdrawn:
        return f"{what}撤回。原因：{row.reason}"
    return f"{what}更正为：{row.text}表决：{votes_in_words(row)}原因：{row.reason}"


def _is_count(block: object) -> bool:
    return isinstance(block, People) and any(name.startswith("红色邻里代表") for name in block.names)


def _names(meeting: CouncilMeeting) -> list[People]:
    rows = list(
        meeting.attendance.exclude(representative=None)
        .select_related("representative")
        .order_by("representative__compound__code", "representative_id")
    )
    found = []
    for kind, label in COUNTED:
        names = [
            r.representative.name
            + (f"（{r.representative.stands_for}）" if r.representative.stands_for else "")
            for r in rows
            if r.kind == kind and r.representative
        ]
        if names:
            found.append(People(label, names))
    return found
