"""Tasks of a plan: marked by the inspector they were given to, handed over, dropped. An inspection is sent once,
however often the device sends it.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from communities.services.serving import ServedCompounds
from evaluations.inspecting import inspectors_of, own_subdistricts, set_for, sets_on, sorts_on
from evaluations.models import (
    EvaluationPeriod,
    Inspection,
    InspectionItem,
    InspectionItemSet,
    InspectionMark,
    InspectionPhoto,
    InspectionPlan,
    InspectionTask,
    Scheme,
)
from evaluations.services.access import require_role
from evaluations.services.inspection_plans import tell_inspectors
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import Subdistrict
from redprop.common.errors import Refused
from redprop.common.identifiers import mask_personal_numbers
from redprop.core.services.attachments import store_attachment

MOST_PHOTOS = 12
"""Of one inspection; the device makes them smaller first."""

Key = tuple[str, str]
"""Scheme and code of an item."""


@dataclass(frozen=True)
class Given:
    """What an inspector gave for one item: the mark, and what was found when it is less than full."""

    mark: Decimal
    finding: str = ""


@dataclass(frozen=True)
class Marking:
    """One inspection as it was entered."""

    inspected_on: dt.date
    marks: Mapping[Key, Given]
    photos: Sequence[tuple[Key, UploadedFile]] = field(default=())
    remark: str = ""


def items_of(task: InspectionTask, day: dt.date) -> dict[str, InspectionItemSet]:
    """Return scheme → the set against which the task is marked that day (four queries); Refused without any."""
    sort = sorts_on([task.compound_id], day)[task.compound_id]
    sets = sets_on(task.plan.district, day)
    found = {scheme: held for scheme in Scheme.values if (held := set_for(sets, scheme, sort)) is not None}
    found = {scheme: held for scheme, held in found.items() if held.items.all()}
    if not found:
        raise Refused(
            _("No items are in force for “%(sort)s” on %(day)s. The evaluator enters them first.")
            % {"sort": sort.label, "day": day},
            code="no-items",
        )
    return found


def mark_task(
    *, task: InspectionTask, marking: Marking, client_key: uuid.UUID, acting_user: User
) -> Inspection:
    """Record the inspection of a task with its marks and photos. The same key again returns the same inspection.

    The marks go against the items in force on the day. Raises Refused for another inspector, a day outside
    the plan or in a closed period, missing or unfit marks, a lost point without a finding.
    """
    with transaction.atomic(), acting(acting_user, "inspection"):
        row = lock_task(task)
        sent = Inspection.objects.filter(client_key=client_key).first()
        if sent is not None and sent.task_id == row.pk and sent.inspector_id == acting_user.pk:
            return sent
        if sent is not None:
            raise Refused(_("This key of the device belongs to another inspection."), code="other-key")
        _require_own(row, acting_user)
        _require_open(row)
        project = _serving(row, marking.inspected_on, acting_user)
        sets = items_of(row, marking.inspected_on)
        wanted = {(scheme, item.code): item for scheme, held in sets.items() for item in held.items.all()}
        _check_marks(wanted, marking)
        inspection = Inspection.objects.create(
            project_id=project,
            compound_id=row.compound_id,
            inspected_on=marking.inspected_on,
            inspector=acting_user,
            task=row,
            is_second=row.is_second,
            on_site_set=sets.get(Scheme.ON_SITE),
            guarantee_set=sets.get(Scheme.GUARANTEES),
            remark=_masked(marking.remark)[:500],
            client_key=client_key,
            recorded_at=business_now(row.plan.district),
            recorded_by=str(acting_user),
        )
        InspectionMark.objects.bulk_create(
            InspectionMark(
                inspection=inspection,
                scheme=scheme,
                item=code,
                mark=marking.marks[scheme, code].mark,
                full_mark=item.full_mark,
                finding=_masked(marking.marks[scheme, code].finding)[:300],
            )
            for (scheme, code), item in wanted.items()
        )
        _keep_photos(inspection, row, wanted, marking, acting_user)
    return inspection


def _masked(text: str) -> str:
    return mask_personal_numbers(text.strip())[0]


def _keep_photos(
    inspection: Inspection,
    task: InspectionTask,
    wanted: Mapping[Key, InspectionItem],
    marking: Marking,
    user: User,
) -> None:
    if len(marking.photos) > MOST_PHOTOS:
        raise Refused(
            _("%(n)s photos are too many: at most %(most)s of one inspection.")
            % {"n": len(marking.photos), "most": MOST_PHOTOS},
            code="too-many-photos",
        )
    for key, upload in marking.photos:
        if key in wanted:
            InspectionPhoto.objects.create(
                inspection=inspection,
                scheme=key[0],
                item=key[1],
                attachment=store_attachment(district=task.plan.district, upload=upload, acting_user=user),
            )


def _require_own(task: InspectionTask, user: User) -> None:
    if task.inspector_id != user.pk:
        raise Refused(
            _("%(task)s is given to %(inspector)s now. What you typed stays on this device.")
            % {"task": task, "inspector": task.inspector or _("nobody")},
            code="not-yours",
        )
    require_role(user, task.plan.district, Role.INSPECTOR)


def _serving(task: InspectionTask, day: dt.date, user: User) -> int:
    """The project that serves the compound that day; Refused for a day on which the task cannot be marked."""
    plan = task.plan
    if not plan.starts_on <= day <= min(plan.ends_on, business_today(plan.district)):
        raise Refused(
            _("Inspected on: between %(first)s and %(last)s, and not in the future.")
            % {"first": plan.starts_on, "last": plan.ends_on},
            code="day",
            field="inspected_on",
        )
    closed = EvaluationPeriod.objects.filter(
        district=plan.district, starts_on__lte=day, ends_on__gte=day
    ).exclude(state=EvaluationPeriod.State.OPEN)
    if found := closed.order_by("starts_on").first():
        raise Refused(
            _("%(period)s is closed: its marks stay as they were counted.") % {"period": found},
            code="period-closed",
            field="inspected_on",
        )
    if task.subdistrict_id in own_subdistricts([user.pk], day, day)[user.pk]:
        raise own_subdistrict(user, task.subdistrict)
    if Inspection.objects.filter(compound=task.compound_id, inspected_on=day, inspector=user).exists():
        raise Refused(
            _(
                "This inspector's inspection of this compound on this day is already recorded. Add the marks there."
            ),
            code="once-a-day",
            field="inspected_on",
        )
    project = ServedCompounds([task.compound_id]).project_on(task.compound_id, day)
    if project is None:
        raise Refused(
            _(
                "No project served %(compound)s on %(day)s. Tell the evaluator, who drops the task or enters the contract."
            )
            % {"compound": task.compound, "day": day},
            code="not-served",
        )
    return int(project)


def _check_marks(wanted: Mapping[Key, InspectionItem], marking: Marking) -> None:
    if unknown := sorted(set(marking.marks) - set(wanted)):
        raise Refused(
            _("The items have changed (%(items)s). Open the page again: your marks come back where they fit.")
            % {"items": "、".join(code for _scheme, code in unknown)},
            code="items-changed",
        )
    missing = [item.title for key, item in wanted.items() if key not in marking.marks]
    if missing:
        raise Refused(
            _("Still without a mark: %(items)s.") % {"items": "、".join(missing)},
            code="marks-missing",
            items=[key for key in wanted if key not in marking.marks],
        )
    for key, given in marking.marks.items():
        item = wanted[key]
        if not 0 <= given.mark <= item.full_mark or given.mark != round(given.mark, 2):
            raise Refused(
                _("%(item)s: the mark lies between 0 and %(full)s, with at most two decimals.")
                % {"item": item.title, "full": f"{item.full_mark.normalize():f}"},
                code="mark",
                items=[key],
            )
        if given.mark < item.full_mark and not given.finding.strip():
            raise Refused(
                _("%(item)s: write what was found, because points were lost for it.") % {"item": item.title},
                code="finding-missing",
                items=[key],
            )


def hand_task_over(
    *, task: InspectionTask, inspector: User, reason: str, acting_user: User
) -> InspectionTask:
    """Give a task that is not marked yet to another inspector, with a reason.

    Raises Refused for a marked or dropped task, the own subdistrict, and whoever has the other marking.
    """
    require_role(acting_user, task.plan.district, Role.EVALUATOR)
    reason = _needed(reason)
    with transaction.atomic(), acting(acting_user, reason):
        row = lock_task(task)
        _require_open(row)
        plan = row.plan
        if inspector.pk not in {
            user.pk for user in inspectors_of(plan.district, business_today(plan.district))
        }:
            raise Refused(
                _("%(user)s does not hold the post of inspector.") % {"user": inspector},
                code="no-inspector",
                field="inspector",
            )
        if row.subdistrict_id in own_subdistricts([inspector.pk], plan.starts_on, plan.ends_on)[inspector.pk]:
            raise own_subdistrict(inspector, row.subdistrict)
        if InspectionTask.objects.filter(
            plan=plan, compound=row.compound_id, is_second=not row.is_second, inspector=inspector
        ).exists():
            raise Refused(
                _("Nobody marks one compound twice. Choose another inspector."),
                code="second-by-another",
                field="inspector",
            )
        row.inspector = inspector
        row.save(update_fields=["inspector"])
        tell_inspectors(plan, [inspector])
    return row


def drop_task(*, task: InspectionTask, reason: str, acting_user: User) -> InspectionTask:
    """Drop a task that cannot be marked (the contract has ended, the compound was pulled down), with a reason."""
    require_role(acting_user, task.plan.district, Role.EVALUATOR)
    reason = _needed(reason)
    with transaction.atomic(), acting(acting_user, reason):
        row = lock_task(task)
        _require_open(row)
        row.dropped_reason = reason
        row.save(update_fields=["dropped_reason"])
    return row


def lock_task(task: InspectionTask) -> InspectionTask:
    """Return the task with its row locked."""
    rows = InspectionTask.objects.select_for_update(of=("self",))
    return rows.select_related("plan__district", "compound", "subdistrict").get(pk=task.pk)


def own_subdistrict(user: User, subdistrict: Subdistrict) -> Refused:
    """The refusal of whoever would mark at home."""
    return Refused(
        _(
            "%(street)s is the own subdistrict of %(user)s: nobody marks there. Hand the task to somebody else."
        )
        % {"street": subdistrict, "user": user},
        code="own-subdistrict",
        field="inspector",
    )


def _require_open(task: InspectionTask) -> None:
    if task.plan.state != InspectionPlan.State.CONFIRMED:
        raise Refused(_("%(plan)s is not confirmed yet.") % {"plan": task.plan}, code="draft")
    if hasattr(task, "inspection"):
        raise Refused(_("%(task)s is marked already.") % {"task": task}, code="marked")
    if task.dropped_reason:
        raise Refused(
            _("%(task)s was dropped: %(reason)s") % {"task": task, "reason": task.dropped_reason},
            code="dropped",
        )


def _needed(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Refused(_("Write the reason."), code="reason-missing", field="reason")
    return reason[:300]
