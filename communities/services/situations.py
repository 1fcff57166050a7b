"""Important-situation reports: what, where, when, handled by which post. No person and no category of person.

A text that names a category of person is refused with a hint; personal numbers are, too. Reports never
count in any score, and the district does not read them.
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from communities.models import Compound, SituationReport
from communities.services.access import require_contact, require_keeper
from communities.services.serving import project_serving
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.states import require_move

State = SituationReport.State

MOVES = {
    State.REPORTED: {State.NOTED, State.SETTLED},
    State.NOTED: {State.SETTLED},
    State.SETTLED: set(),
}
"""Which state may follow which."""

CATEGORIES = (
    "上访", "信访", "访民", "重点人员", "重点人群", "精神病", "精神障碍", "刑满", "社区矫正", "刑释",
    "吸毒", "戒毒", "涉毒", "涉稳", "维稳对象", "邪教", "少数民族", "宗教人士", "低保户", "困难户",
    "残疾人", "艾滋", "两劳", "前科", "境外人员", "流动人口", "失独", "退役军人", "缠访", "闹访",
)  # fmt: skip
"""Words that put a person into a category; a report tells of a situation."""

KEPT_DAYS = 60
"""A situation is reported within so many days."""


def plain_words(text: str, *, name: str, label: object, required: bool = True) -> str:
    """Return the text; raises Refused when it is missing, names a category of person or holds a personal number."""
    text = text.strip()
    if not text and required:
        raise Refused(_("%(field)s: fill it in.") % {"field": label}, code="text-missing", field=name)
    found = next((word for word in CATEGORIES if word in text), None)
    if found:
        raise Refused(
            _(
                "“%(word)s” describes persons. Write what happened, where and when, not who: no person and no kind of person."
            )
            % {"word": found},
            code="category-of-person",
            field=name,
        )
    try:
        refuse_personal_numbers(text, field=label)
    except Refused as refused:
        raise Refused(str(refused), code=refused.code, field=name) from refused
    return text


def report_situation(
    *,
    compound: Compound,
    happened_at: dt.datetime,
    kind: str,
    place: str,
    text: str,
    handled_by: str,
    measures: str = "",
    acting_user: User | None,
) -> SituationReport:
    """Report a situation to the community of the compound; the firm that serves it, or the community itself."""
    label = SituationReport._meta.get_field
    values = {
        name: plain_words(value, name=name, label=label(name).verbose_name, required=name != "measures")
        for name, value in (
            ("place", place),
            ("text", text),
            ("handled_by", handled_by),
            ("measures", measures),
        )
    }
    now = business_now(compound.district)
    if not now - dt.timedelta(days=KEPT_DAYS) <= happened_at <= now:
        raise Refused(
            _("Happened at: within the last %(days)s days, not in the future.") % {"days": KEPT_DAYS},
            code="moment",
            field="happened_at",
        )
    day = happened_at.date()
    placement = compound.placements.on(day).select_related("community__district").first()
    if placement is None:
        raise Refused(
            _("%(compound)s is in no community today.") % {"compound": compound},
            code="unplaced",
            field="compound",
        )
    community, project = placement.community, None
    try:
        require_keeper(acting_user, community)
    except Refused:
        project = project_serving(compound, day)
        if project is None:
            raise
        require_contact(acting_user, project)
    with transaction.atomic(), acting(acting_user, "report situation"):
        try:
            with transaction.atomic():
                return SituationReport.objects.create(
                    community=community,
                    compound=compound,
                    project=project,
                    happened_at=happened_at,
                    kind=kind,
                    recorded_by=str(acting_user or ""),
                    recorded_at=now,
                    **values,
                )
        except IntegrityError as error:
            if "situationreport_once" not in str(error):
                raise
            raise Refused(
                _("This situation is reported already."), code="twice", field="happened_at"
            ) from error


def take_note(*, report: SituationReport, acting_user: User | None) -> SituationReport:
    """The community party organisation has taken note."""
    return _move(report, State.NOTED, acting_user)


def settle(*, report: SituationReport, measures: str, acting_user: User | None) -> SituationReport:
    """The situation is settled: what was done."""
    label = SituationReport._meta.get_field("measures").verbose_name
    return _move(
        report, State.SETTLED, acting_user, measures=plain_words(measures, name="measures", label=label)
    )


def _move(report: SituationReport, state: str, acting_user: User | None, **values: object) -> SituationReport:
    with transaction.atomic(), acting(acting_user, f"situation {state}"):
        report = (
            SituationReport.objects.select_for_update(of=("self",))
            .select_related("community__district")
            .get(pk=report.pk)
        )
        require_keeper(acting_user, report.community)
        require_move(MOVES, report.state, state, what=report)
        now = business_now(report.community.district)
        values["noted_at"] = report.noted_at or now
        if state == State.SETTLED:
            values["settled_on"] = business_today(report.community.district)
        report.state = state
        for name, value in values.items():
            setattr(report, name, value)
        report.save(update_fields=["state", *values])
    return report
