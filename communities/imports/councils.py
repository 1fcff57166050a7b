"""Register `council-meetings`: meetings that a community held and kept on paper, one row each, with what they resolved.

A file only adds filed meetings; what is filed never changes. It carries how many representatives were there,
never who: names are for the community alone.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, TextField, Value
from django.db.models.functions import Cast, Concat, Replace, TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.council import votes_fit
from communities.council_paper import Facts, paper_from
from communities.imports.compound_kinds import compound_rows
from communities.imports.meetings import COMMUNITY
from communities.models import Compound, CompoundPlacement, CouncilMeeting, CouncilResolution, CouncilTopic
from communities.services.councils import terms_on
from redprop.accounts.clock import business_now
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.tabular import bulk, cells, kinds, parts
from redprop.common.tabular.cells import CellError
from redprop.common.tabular.declare import Column, Context, Register, register
from redprop.common.tabular.engine import CHANGED, NEW, Plan, Row
from redprop.common.tabular.saving import by_paths, recorded, scoped

State = CouncilMeeting.State
SESSIONS = (("morning", "上午"), ("afternoon", "下午"), ("evening", "晚上"))
SEPARATOR = "|"
_LINE = re.compile(r"([^|]+)\|([^|]+)\|\s*(\d{1,3})\s*\|\s*(\d{1,3})\s*\|\s*(\d{1,3})(?:[\s;]+|$)")

council_rows = scoped(CouncilMeeting, "community__district")


@dataclass(frozen=True)
class Resolutions(kinds.Kind):
    """Resolutions in one cell, a line each: 议题｜决议｜同意｜反对｜弃权."""

    cleared: Any = ()
    multiline: bool = True
    width = 50

    def parse(self, raw: object, factor: int = 1) -> tuple[str, ...]:
        """Return the resolutions in order, each as "topic|text|for|against|abstained"."""
        text = cells.clean(raw)
        self.refuse_personal(text)
        found, rest = [], text
        while rest:
            match = _LINE.match(rest)
            if match is None:
                raise CellError(
                    _("“%(line)s” cannot be read. Write each resolution on a line of its own: %(like)s.")
                    % {"line": rest[:40], "like": "楼道整治｜每月集中清理｜9｜1｜0"}
                )
            title, words, *votes = (part.strip() for part in match.groups())
            if len(title) > 100 or len(words) > 1000:
                raise CellError(_("A topic has at most 100 characters, a resolution 1,000."))
            found.append(SEPARATOR.join([title, words, *(str(int(vote)) for vote in votes)]))
            rest = rest[match.end() :]
        return tuple(found)

    def same(self, stored: Any, new: Any) -> bool:
        """Compare what an export of the stored ones would be read as."""
        return (self.parse(self.out(stored)) if stored else ()) == tuple(new or ())

    def out(self, value: Any) -> Any:
        """Return one line for each resolution."""
        return "\n".join(value or ()) or None

    def show(self, value: Any) -> str:
        """Return the lines."""
        return self.out(value) or ""


def _rows(context: Context) -> Any:
    compounds = CouncilMeeting.compounds.through.objects.filter(councilmeeting=OuterRef("pk"))
    text = TextField()
    line = Concat(
        Replace("topic__title", Value(SEPARATOR), Value("/")),
        Value(SEPARATOR),
        Replace("text", Value(SEPARATOR), Value("/")),
        Value(SEPARATOR),
        Cast("votes_for", text),
        Value(SEPARATOR),
        Cast("votes_against", text),
        Value(SEPARATOR),
        Cast("votes_abstained", text),
        output_field=text,
    )
    last_words = CouncilResolution.objects.current().filter(meeting=OuterRef("pk"), withdrawn=False)
    rows = council_rows(context).filter(state=State.FILED)
    return rows.annotate(
        compound_pks=ArraySubquery(compounds.order_by("compound__code").values("compound")),
        compound_codes=ArraySubquery(compounds.order_by("compound__code").values("compound__code")),
        resolved=ArraySubquery(last_words.annotate(line=line).order_by("number").values("line")),
        filed_on=TruncDate("filed_at"),
    )


def _own(context: Context, instance: Any) -> None:
    now = business_now(context.district)
    instance.recorded_at = instance.filed_at = now
    instance.filed_by, instance.state = str(context.user or ""), State.FILED


def _check(context: Context, plan: Plan) -> None:
    for row in plan.of(CHANGED):
        plan.refuse(
            row,
            next(iter(plan.changes(row))),
            _("This meeting is filed and stays as it is. Resolutions are corrected at the desk."),
        )
    new = list(plan.of(NEW))
    drafts = set(
        CouncilMeeting.objects.filter(
            community__in={plan.value(row, "community") for row in new}, state=State.DRAFT
        ).values_list("community", "held_on", "session")
    )
    placed: dict[Any, list[tuple[Any, Any, Any]]] = {}
    wanted = {pk for row in new for pk in plan.value(row, "compound_pks") or () if not isinstance(pk, str)}
    for compound, community, first, last in CompoundPlacement.objects.filter(compound__in=wanted).values_list(
        "compound", "community", "valid_from", "valid_to"
    ):
        placed.setdefault(compound, []).append((community, first, last))
    closed = dict(Community.objects.filter(district=context.district).values_list("pk", "closed_on"))
    for row in new:
        _check_row(context, plan, row, placed, closed)
        if (plan.value(row, "community"), plan.value(row, "held_on"), plan.value(row, "session")) in drafts:
            plan.refuse(row, "held_on", _("A draft of this meeting is open at the desk. File it there."))


def _check_row(context: Context, plan: Plan, row: Row, placed: dict, closed: dict) -> None:
    held, community = plan.value(row, "held_on"), plan.value(row, "community")
    if held > context.day:
        plan.refuse(
            row, "held_on", _("Held on: the day is in the future. Enter the day the meeting took place.")
        )
    if closed.get(community) and closed[community] <= held:
        plan.refuse(
            row,
            "community",
            _("This community was dissolved on %(day)s. Meetings from then on are filed by its successor.")
            % {"day": closed[community]},
        )
    for compound in plan.value(row, "compound_pks") or ():
        here = not isinstance(compound, str) and any(
            place == community and first <= held and (last is None or held <= last)
            for place, first, last in placed.get(compound, ())
        )
        if not here:
            plan.refuse(row, "compound_pks", _("A compound did not belong to this community on that day."))
    in_office, present = plan.value(row, "in_office"), plan.value(row, "present")
    if present > in_office:
        plan.refuse(row, "present", _("More representatives were there than are in office."))
        return
    try:
        quorum = terms_on(context.district, held).needed_present(in_office)
    except Refused as refused:
        plan.refuse(row, "held_on", str(refused))
        return
    lines = plan.value(row, "resolved") or ()
    if lines and present < quorum:
        plan.refuse(
            row,
            "resolved",
            _("%(present)s of %(count)s were there, %(quorum)s make a quorum: nothing could be resolved.")
            % {"present": present, "count": in_office, "quorum": quorum},
        )
    for line in lines:
        title, _text, *votes = line.split(SEPARATOR)
        if not votes_fit(present, *map(int, votes)):
            plan.refuse(
                row,
                "resolved",
                _("“%(topic)s”: %(votes)s votes, but %(present)s representatives were there. Count again.")
                % {"topic": title[:60], "votes": sum(map(int, votes)), "present": present},
            )


def _set_quorum(context: Context, plan: Plan) -> None:
    for row in plan.of(NEW):
        terms = terms_on(context.district, plan.value(row, "held_on"))
        plan.set(row, "quorum_count", terms.needed_present(plan.value(row, "in_office")))


def _save_resolutions(context: Context, plan: Plan) -> None:
    """Write compounds, topics and resolutions of the new meetings."""
    now = business_now(context.district)
    through = CouncilMeeting.compounds.through
    links: list[Any] = []
    topics: list[Any] = []
    rows: list[Any] = []
    for row in plan.of(NEW):
        compounds = plan.value(row, "compound_pks") or ()
        links += [through(councilmeeting_id=row.pk, compound_id=pk) for pk in compounds]
        held = plan.value(row, "held_on")
        only = next(iter(compounds)) if len(compounds) == 1 else None
        terms, present = terms_on(context.district, held), plan.value(row, "present")
        for number, line in enumerate(plan.value(row, "resolved") or (), 1):
            title, text, *votes = line.split(SEPARATOR)
            yes, no, none = map(int, votes)
            topic = CouncilTopic(
                community_id=plan.value(row, "community"),
                compound_id=only,
                title=title,
                proposer=CouncilTopic.Proposer.COMMUNITY,
                proposed_on=held,
                state=CouncilTopic.State.SETTLED,
                decided_on=held,
                recorded_at=now,
            )
            topics.append(recorded(context, topic))
            resolution = CouncilResolution(
                meeting_id=row.pk,
                compound_id=only,
                number=number,
                text=text,
                votes_for=yes,
                votes_against=no,
                votes_abstained=none,
                present=present,
                quorum=plan.value(row, "quorum_count"),
                needed=terms.needed_votes(present),
                passed=yes >= terms.needed_votes(present),
                dated=held,
                recorded_at=now,
            )
            rows.append(recorded(context, resolution))
    bulk.insert(links)
    bulk.insert(topics)
    for topic, resolution in zip(topics, rows, strict=True):
        resolution.topic = topic
    bulk.insert(rows)
    _freeze_papers(plan, rows)


def _freeze_papers(plan: Plan, resolutions: list[Any]) -> None:
    """Keep the minutes of the new meetings as they were read (three queries and one update)."""
    new = {row.pk: row for row in plan.of(NEW)}
    meetings = list(
        CouncilMeeting.objects.filter(pk__in=new).select_related(
            "community__district", "community__subdistrict"
        )
    )
    wanted = {pk for row in new.values() for pk in plan.value(row, "compound_pks") or ()}
    names = dict(Compound.objects.filter(pk__in=wanted).order_by("code").values_list("pk", "name"))
    by_meeting: dict[Any, list[Any]] = {}
    for resolution in resolutions:
        by_meeting.setdefault(resolution.meeting_id, []).append(resolution)
    for meeting in meetings:
        own = set(plan.value(new[meeting.pk], "compound_pks") or ())
        facts = Facts(
            compounds=[name for pk, name in names.items() if pk in own],
            resolutions=by_meeting.get(meeting.pk, ()),
        )
        meeting.paper = paper_from(meeting, facts).to_dict()
    bulk.update(meetings, ["paper"])


register(
    Register(
        name="council-meetings",
        title=gettext_lazy("council meetings"),
        model=CouncilMeeting,
        key=("community", "held_on", "session"),
        rows=_rows,
        order=("held_on", "community__code", "session"),
        prepare=_own,
        check=_check,
        before=_set_quorum,
        after=_save_resolutions,
        columns=(
            COMMUNITY,
            Column("community_name", "所属社区", kinds.Text(), read_only=True, source="community__name"),
            Column(
                "held_on", "召开日期", kinds.Date(), ("会议日期", "日期"), required=True, example="2026-08-20"
            ),
            Column(
                "session",
                "时段",
                kinds.Choice(choices=SESSIONS, also=tuple(CouncilMeeting.Session.choices)),
                required=True,
                help="上午、下午或晚上",
                example="晚上",
            ),
            Column(
                "compound_pks",
                "小区",
                parts.References(
                    resolve=parts.resolve_each(by_paths(compound_rows, "code", "name")),
                    what=gettext_lazy("compound"),
                ),
                ("小区代码", "小区编号", "小区名称"),
                required=True,
                attr=None,
                shown="compound_codes",
                help="小区编号，多个用顿号隔开",
                example="XQ0001",
            ),
            Column("place", "地点", kinds.Text(longest=100), ("会议地点",), example="党群服务中心"),
            Column(
                "chair", "主持人", kinds.Text(longest=50), ("主持",), help="职务", example="社区党组织书记"
            ),
            Column("recorder", "记录人", kinds.Text(longest=50), ("记录",), help="职务", example="社区干事"),
            Column(
                "in_office",
                "应到代表",
                kinds.Integer(least=1, most=999, units=("人",)),
                ("应到人数", "代表总数"),
                required=True,
                help="在任红色邻里代表人数，不写姓名",
                example="9",
            ),
            Column(
                "present",
                "实到代表",
                kinds.Integer(least=0, most=999, units=("人",)),
                ("实到人数",),
                required=True,
                example="8",
            ),
            Column("quorum", "法定人数", kinds.Integer(), read_only=True),
            Column(
                "resolved",
                "议题和表决",
                Resolutions(),
                ("决议",),
                attr=None,
                help="每行一项：议题｜决议｜同意｜反对｜弃权；三数之和等于实到人数",
                example="楼道整治｜每月集中清理一次｜7｜0｜1",
            ),
            Column("filed_on", "提交日期", kinds.Date(), read_only=True),
            Column(
                "quorum_count",
                "法定人数（计算）",
                kinds.Integer(),
                read_only=True,
                hidden=True,
                source="quorum",
                attr="quorum",
            ),
        ),
    )
)
