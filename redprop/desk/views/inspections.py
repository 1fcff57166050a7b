"""Inspections at the desk: the inspector's own list, marking item by item (also without a connection), what was marked."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.db.models import Case, CharField, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.services.serving import ServedCompounds
from enterprises.models import ServiceProject
from evaluations.inspecting import inspectors_of, own_subdistricts
from evaluations.models import Inspection, InspectionPhoto, InspectionPlan, InspectionTask, Scheme
from evaluations.models.inspection_plans import PLANNERS
from evaluations.services.inspections import (
    MOST_PHOTOS,
    drop_task,
    hand_task_over,
    items_of,
    mark_task,
)
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.common.errors import Refused
from redprop.core.services.attachments import MAX_BYTES
from redprop.desk.files import file_of
from redprop.desk.inspection_form import Part as Sheet
from redprop.desk.inspection_form import day_of, key_of, parts_of, point_out, read_marking
from redprop.desk.inspection_tabs import inspection_tabs
from redprop.desk.ledgers import (
    Act,
    Choice,
    Ledger,
    Link,
    in_words,
    show_detail,
    show_ledger,
    value_choice,
)
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, desk_page, show

KEPT, KEPT_DAYS = 40, 14
"""So many tasks of the coming days are kept on the device for work without a connection."""

STATES = [
    ("open", gettext_lazy("still to be marked")),
    ("due", gettext_lazy("up to today")),
    ("marked", gettext_lazy("marked")),
    ("dropped", gettext_lazy("dropped")),
]


def require_inspections(desk: Desk) -> None:
    """Raise Http404 for whoever neither inspects nor makes plans."""
    if not desk.user.roles & ({Role.INSPECTOR} | PLANNERS) and not desk.user.is_superuser:
        raise Http404


def is_planner(desk: Desk) -> bool:
    """Whether the user makes plans."""
    return bool(desk.user.roles & PLANNERS) or desk.user.is_superuser


def _chosen(desk: Desk, query: QueryDict) -> tuple[QuerySet, list[Choice]]:
    rows = InspectionTask.objects.for_user(desk.user).filter(plan__state=InspectionPlan.State.CONFIRMED)
    state = value_choice(query, "state", _("State"), STATES, default="open")
    choices = [state]
    plans = InspectionPlan.objects.filter(state=InspectionPlan.State.CONFIRMED)
    if is_planner(desk):
        plans = plans.filter(pk__in=InspectionPlan.objects.for_user(desk.user))
    else:
        plans = plans.filter(tasks__inspector=desk.user).distinct()
    plan = value_choice(query, "plan", _("Inspection plan"), [(row.pk, str(row)) for row in plans[:40]])
    choices.append(plan)
    if plan.chosen:
        rows = rows.filter(plan=int(plan.chosen))
    if is_planner(desk):
        people = [(user.pk, str(user)) for user in inspectors_of(desk.district, desk.today)]
        inspector = value_choice(query, "inspector", _("Inspector"), people)
        choices.append(inspector)
        if inspector.chosen:
            rows = rows.filter(inspector=int(inspector.chosen))
    if state.chosen in ("open", "due"):
        rows = rows.open()
        if state.chosen == "due":
            rows = rows.filter(planned_on__lte=desk.today)
    elif state.chosen == "marked":
        rows = rows.filter(inspection__isnull=False)
    elif state.chosen == "dropped":
        rows = rows.exclude(dropped_reason="")
    return rows, choices


def with_state(rows: QuerySet) -> QuerySet:
    """Tasks with `state`: marked, dropped or open."""
    return rows.annotate(
        state=Case(
            When(inspection__isnull=False, then=Value("marked")),
            When(dropped_reason="", then=Value("open")),
            default=Value("dropped"),
            output_field=CharField(),
        )
    )


@desk_list("inspections")
def inspections_list(desk: Desk, query: QueryDict) -> DeskList:
    """Tasks in the order in which they are planned."""
    require_inspections(desk)
    rows, choices = _chosen(desk, query)
    words = {key: str(label) for key, label in STATES}
    columns: list = [
        (_("Compound"), "compound"),
        (_("Planned for"), "planned_on"),
        (_("Subdistrict"), "subdistrict"),
        (_("Marking"), lambda row: _("second") if row.is_second else _("first")),
        (_("State"), lambda row: words[row.state]),
        (_("Marked on"), lambda row: row.inspection.inspected_on if row.state == "marked" else None),
        (_("Inspection plan"), "plan"),
    ]
    if is_planner(desk):
        columns[3:3] = [(_("Stratum"), "stratum"), (_("Inspector"), "inspector")]
    return DeskList(
        _("Inspections"),
        with_state(rows)
        .select_related("compound", "subdistrict", "plan", "inspector", "inspection")
        .order_by("planned_on", "subdistrict__code", "number", "pk"),
        columns,
        filters=in_words(choices),
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """What the inspector has to mark, the day's first; for whoever makes plans, everybody's."""
    desk = request.desk
    found = inspections_list(desk, request.GET)
    _rows, choices = _chosen(desk, request.GET)
    mine = InspectionTask.objects.filter(inspector=desk.user)
    keep: Sequence[int] = ()
    figures: list = []
    if Role.INSPECTOR in desk.user.roles:
        soon = mine.open().filter(planned_on__lte=desk.today + dt.timedelta(days=KEPT_DAYS))
        keep = list(soon.order_by("planned_on", "pk").values_list("pk", flat=True)[:KEPT])
        due = mine.open().filter(planned_on__lte=desk.today).count()
        figures = [
            (_("up to today"), due),
            (_("still to be marked"), mine.open().count()),
            (_("marked"), mine.filter(inspection__isnull=False).count()),
        ]
    ledger = Ledger(
        lead=_(
            "Open the pages once with a connection: they then work without one, and send by themselves later."
        )
        if keep
        else _("Who inspects which compound, and what is marked."),
        why=_("No task is given to you."),
        todo=_("Tasks come with the evaluator's next confirmed plan."),
        list_name="inspections",
        link=lambda row: reverse("desk:inspection", args=[row.pk]),
        choices=choices,
        tabs=inspection_tabs(desk, "desk:inspections"),
        figures=figures,
        more={"keep": [reverse("desk:inspection", args=[pk]) for pk in keep]},
    )
    return show_ledger(request, found, ledger, "desk/inspections.html")


@desk_page
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark an open task of one's own; look at one that is marked; hand over or drop one as the evaluator."""
    desk = request.desk
    require_inspections(desk)
    rows = InspectionTask.objects.for_user(request.user)
    rows = rows.select_related("plan__district", "compound", "subdistrict", "inspector")
    row = get_object_or_404(rows, pk=pk, plan__state=InspectionPlan.State.CONFIRMED)
    is_open = not hasattr(row, "inspection") and not row.dropped_reason
    if row.inspector_id == request.user.pk and (is_open or request.method == "POST"):
        return _marking(request, row)
    return _detail(request, row, is_open=is_open)


def _marking(request: HttpRequest, row: InspectionTask) -> HttpResponse:
    by_script = request.headers.get("X-Requested-With") == "fetch"
    status, wrong = 200, []
    try:
        parts = parts_of(items_of(row, request.desk.today), request.POST or None)
    except Refused as refused:
        parts = []
        messages.error(request, str(refused))
    key = key_of(request.POST) if request.method == "POST" else uuid.uuid4()
    if request.method == "POST" and (parts or by_script):
        try:
            parts = _parts_of_day(request, row, parts)
            mark_task(
                task=row,
                marking=read_marking(request, parts),
                client_key=key,
                acting_user=request.user,
            )
        except Refused as refused:
            wrong = point_out(parts, refused)
            if by_script:
                return JsonResponse(
                    {"refused": str(refused), "code": refused.code, "fields": wrong}, status=422
                )
            messages.error(request, str(refused))
            status = 422
        else:
            address = reverse("desk:inspection", args=[row.pk])
            if by_script:
                return JsonResponse({"ok": True, "url": f"{address}?sent=1"})
            messages.success(request, _("The inspection is recorded."))
            return redirect(address)
    context = {
        "task": row,
        "parts": parts,
        "total": sum(len(part.lines) for part in parts),
        "key": key,
        "project": _serving(row, request.desk),
        "day": request.POST.get("inspected_on") or request.desk.today.isoformat(),
        "first": row.plan.starts_on.isoformat(),
        "last": min(row.plan.ends_on, request.desk.today).isoformat(),
        "remark": request.POST.get("remark", ""),
        "most_photos": MOST_PHOTOS,
        "upload_limit": MAX_BYTES,
        "crumbs": [Link(reverse("desk:inspections"), _("Inspections"))],
    }
    return show(request, "desk/inspection_mark.html", context, status=status)


def _parts_of_day(request: HttpRequest, row: InspectionTask, parts: list[Sheet]) -> list[Sheet]:
    """The items in force on the day that was sent, which may lie before today."""
    day = day_of(request.POST)
    return parts if day == request.desk.today else parts_of(items_of(row, day), request.POST)


def _serving(row: InspectionTask, desk: Desk) -> ServiceProject | None:
    project = ServedCompounds([row.compound_id]).project_on(row.compound_id, desk.today)
    return ServiceProject.objects.select_related("enterprise").filter(pk=project).first() if project else None


class HandOverForm(forms.Form):
    """Another inspector, and why."""

    inspector = forms.ChoiceField(label=gettext_lazy("Inspector"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)

    def __init__(self, *args: object, people: list[User], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.people = {str(user.pk): user for user in people}
        self.fields["inspector"].choices = [
            ("", _("Choose …")),
            *((k, str(u)) for k, u in self.people.items()),
        ]


class DropForm(forms.Form):
    """Why a task is dropped."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


def _acts(request: HttpRequest, row: InspectionTask) -> list[Act]:
    desk = request.desk
    able = [user for user in inspectors_of(row.plan.district, desk.today) if user.pk != row.inspector_id]
    own = own_subdistricts([user.pk for user in able], row.plan.starts_on, row.plan.ends_on)
    able = [user for user in able if row.subdistrict_id not in own[user.pk]]
    by_key = {str(user.pk): user for user in able}
    return [
        Act(
            "hand-over",
            _("Hand over to another inspector"),
            lambda data: hand_task_over(
                task=row,
                inspector=by_key[data["inspector"]],
                reason=data["reason"],
                acting_user=request.user,
            ),
            _("The task is handed over."),
            form=lambda data=None, **more: HandOverForm(data, people=able, **more),
            hint=_("Only those are listed whose own subdistrict this is not."),
        ),
        Act(
            "drop",
            _("Drop this task"),
            lambda data: drop_task(task=row, reason=data["reason"], acting_user=request.user),
            _("The task is dropped."),
            form=DropForm,
            hint=_("For a compound that cannot be inspected: nobody serves it any more, or it is not there."),
        ),
    ]


def _detail(request: HttpRequest, row: InspectionTask, *, is_open: bool) -> HttpResponse:
    desk = request.desk
    facts: list[tuple[str, object]] = [
        (_("Inspection plan"), row.plan),
        (_("Stratum"), row.stratum),
        (_("Marking"), _("second") if row.is_second else _("first")),
        (_("Inspector"), row.inspector),
        (_("Planned for"), row.planned_on),
    ]
    found = Inspection.objects.for_user(request.user).filter(task=row).select_related("project").first()
    if found is None:
        state = row.dropped_reason or _("still to be marked")
        if hasattr(row, "inspection"):
            state = _("marked; you see the marks once your own are in")
        return show_detail(
            request,
            title=str(row.compound),
            facts=facts,
            acts=_acts(request, row) if is_open and is_planner(desk) else [],
            crumbs=[Link(reverse("desk:inspections"), _("Inspections"))],
            state=state,
        )
    marks = list(found.marks.order_by("pk"))
    titles = {}
    for scheme, held in ((Scheme.ON_SITE, found.on_site_set), (Scheme.GUARANTEES, found.guarantee_set)):
        titles |= {(scheme.value, item.code): item.title for item in (held.items.all() if held else [])}
    photos: dict[tuple[str, str], list[InspectionPhoto]] = {}
    for photo in found.photos.all():
        photos.setdefault((photo.scheme, photo.item), []).append(photo)
    schemes = []
    for scheme in Scheme:
        own = [mark for mark in marks if mark.scheme == scheme]
        if own:
            schemes.append(
                {
                    "label": scheme.label,
                    "got": sum(mark.mark for mark in own),
                    "most": sum(mark.full_mark for mark in own),
                    "rows": [
                        (
                            titles.get((mark.scheme, mark.item), mark.item),
                            mark,
                            photos.get((mark.scheme, mark.item), []),
                        )
                        for mark in own
                    ],
                }
            )
    context = {
        "task": row,
        "inspection": found,
        "facts": [
            *facts,
            (_("Inspected on"), found.inspected_on),
            (_("Recorded at"), found.recorded_at),
            (_("Service project"), found.project),
        ],
        "schemes": schemes,
        "sent": "sent" in request.GET,
        "crumbs": [Link(reverse("desk:inspections"), _("Inspections"))],
    }
    return show(request, "desk/inspection.html", context)


@desk_page
def photo(request: HttpRequest, pk: int, photo: int) -> HttpResponseBase:
    """A photo of an inspection that the user may see."""
    require_inspections(request.desk)
    rows = InspectionPhoto.objects.filter(
        inspection__task=pk, inspection__in=Inspection.objects.for_user(request.user)
    ).select_related("attachment")
    visible = InspectionTask.objects.for_user(request.user).filter(pk=pk)
    if not visible.exists():
        raise Http404
    return file_of(get_object_or_404(rows, pk=photo).attachment)


def worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps the inspector's pages for work without a connection; it holds nothing of anybody."""
    answer = render(request, "desk/inspections_worker.js", content_type="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer
