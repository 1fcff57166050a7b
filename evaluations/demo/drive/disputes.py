"""What past quarters left to argue about: objections and a supplement, a reply, follow-ups, a rectification, a correction.

Each act stands on the days on which it would have happened and is left out when its quarter has no such entry.
"""

import datetime as dt
import random

from django.utils.translation import gettext as _

from communities.models import ServiceAssignment
from enterprises.models import Post
from enterprises.models.enterprises import contact_enterprises
from evaluations.demo import names
from evaluations.demo.drive.stage import Stage
from evaluations.models import (
    Colour,
    Deduction,
    EvaluationPeriod,
    FollowUp,
    Inspection,
    InspectionMark,
    Level,
    ListEntry,
    Objection,
    Release,
)
from evaluations.services import objections, releases
from evaluations.services.corrections import correct_results
from evaluations.services.credit import record_release_events
from evaluations.services.findings import revoke_finding
from evaluations.services.follow_ups import finish_follow_up
from evaluations.services.rectification import decide_rectification, report_rectification
from evaluations.services.replies import add_reply
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.core.models import Person

OBJECTED, DISPUTED = "2026Q1", "2026Q2"
"""The quarter with objections, a supplement and a rectification; the one with follow-ups, a reply and a correction."""

UPHELD = "经复核，门禁年前已修复并有验收单，原扣分事项不属该项目，予以撤销。"
REJECTED = "经复核，检查记录、照片与评分一致，维持原结果。"


def during_notice(stage: Stage, period: EvaluationPeriod) -> None:
    """Two residents object on the second day; one is right before the notice ends, the other waits for the decision."""
    if period.code != OBJECTED or Objection.objects.filter(entry__period=period).exists():
        return
    noticed = ListEntry.objects.filter(
        period=period, level=Level.PROJECT, state=ListEntry.State.NOTICED, colour=Colour.WATCH
    )
    entries = list(noticed.select_related("period__district").order_by("-total", "pk")[:2])
    if len(entries) < 2:
        return
    first = entries[0].notice_starts_on
    stage.move_to(first + dt.timedelta(days=1), 10)
    right, wrong = [
        objections.file_objection(entry=entry, by=Objection.By.RESIDENT, text=text, acting_user=None)
        for entry, text in zip(
            entries,
            ("单元门禁年前已修好，有验收单，扣分不应算在这个项目。", "小区保洁一直不错，这个分数打低了。"),
            strict=True,
        )
    ]
    stage.move_to(first + dt.timedelta(days=3), 15)
    for one in (right, wrong):
        objections.admit_objection(objection=one, acting_user=stage.user("decider"))
    objections.decide_objection(
        objection=right, upheld=True, result=UPHELD, acting_user=stage.user("decider")
    )


def after_final(stage: Stage, period: EvaluationPeriod) -> None:
    """What follows the final list, in the order of its days: in two quarters more than elsewhere."""
    _finish_older(stage, period)
    if period.code == OBJECTED:
        _supplement(stage, period)
        _rectify(stage, period)
    elif period.code == DISPUTED:
        _reply(stage, period)
        _follow_up(stage, period)
        _correct(stage, period)


def _publish(stage: Stage, period: EvaluationPeriod) -> Release:
    now = EvaluationPeriod.objects.select_related("district", "rubric").get(pk=period.pk)
    release = releases.finalise(period=now, acting_user=stage.user("publisher"))
    record_release_events(release=release, acting_user=None)
    return release


def _later(stage: Stage, days: int, hour: int = 10) -> None:
    stage.move_to(business_today(stage.district) + dt.timedelta(days=days), hour)


def _supplement(stage: Stage, period: EvaluationPeriod) -> None:
    """The other objection is rejected after the final list: its entry follows in a supplement."""
    waiting = Objection.objects.open().filter(entry__period=period).select_related("entry__period").first()
    if waiting is None:
        return
    _later(stage, 1)
    objections.decide_objection(
        objection=waiting, upheld=False, result=REJECTED, acting_user=stage.user("decider")
    )
    _publish(stage, period)
    stage.say(
        _("%(period)s: one objection upheld, one rejected; a supplement followed.")
        % {"period": period.value.label}
    )


def _adverse(period: EvaluationPeriod, colour: str) -> ListEntry | None:
    rows = ListEntry.objects.filter(
        period=period, level=Level.PROJECT, colour=colour, state=ListEntry.State.FINAL
    )
    return rows.select_related("project", "period__district").order_by("total", "pk").first()


def _contact(stage: Stage, entry: ListEntry) -> User | None:
    """The demo's contact of the entry's enterprise; the system writes for those that have none."""
    for username in ("contact-1", "contact-2", "contact-3", "contact-welfare"):
        user = stage.user(username)
        if contact_enterprises(user.pk).filter(enterprise=entry.enterprise_id).exists():
            return user
    return None


def _rectify(stage: Stage, period: EvaluationPeriod) -> None:
    """The firm puts the fault right, the inspector looks again, the evaluator decides: the entry is repaired."""
    entry = _adverse(period, Colour.WATCH)
    if entry is None:
        return
    _later(stage, 12)
    entry.period.district = stage.district
    row = report_rectification(
        entry=entry,
        text="保洁增配两人，垃圾清运改为每日两次，整改前后照片已交街道。",
        acting_user=_contact(stage, entry),
    )
    _later(stage, 6)
    day = business_today(stage.district)
    served = ServiceAssignment.objects.on(day).filter(contract__project=entry.project).first()
    if served is None:
        return
    seen = Inspection.objects.create(
        project=entry.project,
        compound_id=served.compound_id,
        inspected_on=day,
        inspector=stage.user("inspector"),
        recorded_at=business_now(stage.district),
        recorded_by="inspector",
    )
    InspectionMark.objects.create(
        inspection=seen, scheme=InspectionMark.Scheme.ON_SITE, item="cleaning", mark=18, full_mark=20
    )
    _later(stage, 1)
    row.entry.period.district = stage.district
    decide_rectification(
        rectification=row,
        passed=True,
        result="复查见楼道、绿地清洁，清运记录齐全，整改到位。",
        acting_user=stage.user("evaluator"),
    )


def _reply(stage: Stage, period: EvaluationPeriod) -> None:
    """The enterprise's own words beside its black entry."""
    entry = _adverse(period, Colour.BLACK)
    if entry is None:
        return
    _later(stage, 1)
    add_reply(
        entry=entry,
        text="我司接受结果。已更换保洁队伍、补足秩序员，九月底前完成楼道照明改造，欢迎业主监督。",
        acting_user=_contact(stage, entry),
    )


DONE = {
    FollowUp.Kind.INTERVIEW: "约谈企业负责人和项目经理，列出六项整改，见约谈记录（样例）。",
    FollowUp.Kind.ADVICE: "已书面告知业委会和社区榜单结果及可采取的措施，见告知书（样例）。",
    FollowUp.Kind.MANAGER: "企业已更换项目经理，任命文件（样例）存档。",
}


def _finish_older(stage: Stage, period: EvaluationPeriod) -> None:
    """What earlier second blacks opened is done by now, the change of manager included."""
    rows = FollowUp.objects.filter(
        entry__period__district=stage.district,
        entry__period__ends_on__lt=period.starts_on,
        state=FollowUp.State.OPEN,
    ).select_related("entry__period__district", "entry__project")
    for row in rows.order_by("pk"):
        if row.kind == FollowUp.Kind.MANAGER:
            _change_manager(stage, row)
        _finish(stage, row)


def _finish(stage: Stage, row: FollowUp) -> None:
    row.entry.period.district = stage.district
    finish_follow_up(
        follow_up=row, evidence=DONE[FollowUp.Kind(row.kind)], acting_user=stage.user("evaluator")
    )


def _change_manager(stage: Stage, row: FollowUp) -> None:
    """A new manager takes the post on the day the change was due, unless there is one by now."""
    posts = Post.objects.filter(project=row.entry.project, kind=Post.Kind.PROJECT_MANAGER)
    old = posts.on(business_today(stage.district)).first()
    if old is None or old.valid_from >= row.opened_on or old.valid_from >= row.due_on:
        return
    ended = old.valid_to
    name = next(names.persons(random.Random(row.pk)))
    person = Person.objects.create(
        district=stage.district, code=f"JL{row.pk:04d}", name=name, recorded_by="demo"
    )
    old.valid_to = row.due_on - dt.timedelta(days=1)
    old.save(update_fields=["valid_to"])
    shared = {
        "enterprise_id": old.enterprise_id,
        "valid_from": row.due_on,
        "valid_to": ended,
        "recorded_by": "demo",
    }
    Post.objects.create(person=person, project_id=old.project_id, kind=old.kind, title=old.title, **shared)
    # The former manager stays with the firm, in another job.
    Post.objects.create(person_id=old.person_id, kind=Post.Kind.STAFF, title="品质专员", **shared)


def _follow_up(stage: Stage, period: EvaluationPeriod) -> None:
    """After a second black in a row the interviews are held and one advice is given; the rest stays open."""
    rows = FollowUp.objects.filter(entry__period=period, state=FollowUp.State.OPEN).select_related(
        "entry__period__district"
    )
    chosen = [*rows.filter(kind=FollowUp.Kind.INTERVIEW).order_by("pk")]
    chosen += rows.filter(kind=FollowUp.Kind.ADVICE).order_by("pk")[:1]
    if chosen:
        _later(stage, 3)
    for row in chosen:
        _finish(stage, row)


def _correct(stage: Stage, period: EvaluationPeriod) -> None:
    """A deduction proves wrong after the final list: it is revoked, the result corrected and published."""
    rows = Deduction.objects.filter(
        happened_on__range=(period.starts_on, period.ends_on),
        revoked_at__isnull=True,
        project__district=stage.district,
    )
    for found in rows.select_related("project__district", "ground").order_by("pk"):
        entry = ListEntry.objects.filter(
            period=period, project=found.project, state=ListEntry.State.FINAL, colour=Colour.UNLISTED
        ).first()
        if entry is None:
            continue
        _later(stage, 5)
        why = "消防部门复核：占用通道的车辆属施工单位，与该项目无关。"
        found.project.district = stage.district
        revoke_finding(finding=found, reason=why, acting_user=stage.user("evaluator"))
        now = EvaluationPeriod.objects.select_related("district", "rubric").get(pk=period.pk)
        try:
            made = correct_results(
                period=now, projects=[found.project], reason=why, acting_user=stage.user("evaluator")
            )
        except Refused as refused:
            if refused.code != "no-change":
                raise
            continue
        if any(one.is_named for one in made):
            releases.confirm_entries(period=now, acting_user=stage.user("evaluator"))
            notice = releases.publish_notice(period=now, acting_user=stage.user("publisher"))
            assert notice.window_ends_on is not None
            stage.move_to(notice.window_ends_on + dt.timedelta(days=1))
        _publish(stage, period)
        stage.say(
            _("%(period)s: a deduction was revoked and the result corrected.")
            % {"period": period.value.label}
        )
        return
