"""The life of a joint service project: proposed, adopted, running, done with a result. Ordered by residents' needs."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from communities.models import Compound, HomeVisit, JointProject, ResidentRequest, VisitCount, VisitItem
from communities.selectors import projects_serving
from communities.services.access import require_keeper
from enterprises.models import ServiceProject
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.states import require_move

State = JointProject.State

MOVES = {
    State.PROPOSED: {State.ADOPTED, State.DROPPED},
    State.ADOPTED: {State.RUNNING, State.DROPPED},
    State.RUNNING: {State.DONE, State.DROPPED},
    State.DONE: set(),
    State.DROPPED: set(),
}
"""Which state may follow which."""

LOOK_BACK = 365
"""Days over which needs and requests are counted."""


def propose(
    *,
    community: Community,
    title: str,
    plan: str,
    due_on: dt.date,
    need: VisitItem | None = None,
    category: str = "",
    compound: Compound | None = None,
    project: ServiceProject | None = None,
    partners: str = "",
    acting_user: User | None,
) -> JointProject:
    """Propose a project; it names the need or the kind of requests that it answers."""
    require_keeper(acting_user, community)
    today = business_today(community.district)
    for name, text in (("title", title), ("plan", plan)):
        if not text.strip():
            raise Refused(_("Write what is to be done."), code="text-missing", field=name)
        refuse_personal_numbers(text, field=JointProject._meta.get_field(name).verbose_name)
    if need is None and not category:
        raise Refused(
            _("Choose the need from the survey, or the category of requests, that it answers."),
            code="no-need",
            field="need",
        )
    if due_on < today:
        raise Refused(_("To be done by: the day has passed."), code="past", field="due_on")
    if project and not projects_serving(community, today).filter(pk=project.pk).exists():
        raise Refused(
            _("%(project)s does not serve this community on that day.") % {"project": project},
            code="other-project",
            field="project",
        )
    with transaction.atomic(), acting(acting_user, "propose joint project"):
        return JointProject.objects.create(
            community=community,
            compound=compound,
            project=project,
            need=need,
            category=category,
            title=title.strip(),
            plan=plan.strip(),
            partners=partners.strip(),
            proposed_on=today,
            due_on=due_on,
            recorded_by=str(acting_user or ""),
            recorded_at=business_now(community.district),
        )


def adopt(*, row: JointProject, acting_user: User | None) -> JointProject:
    """Adopt it; how many homes needed it that day is kept."""
    return _move(row, State.ADOPTED, acting_user)


def start(*, row: JointProject, acting_user: User | None) -> JointProject:
    """It runs from today."""
    return _move(row, State.RUNNING, acting_user)


def finish(*, row: JointProject, result: str, homes_served: int, acting_user: User | None) -> JointProject:
    """It is done: the result, and how many homes it served."""
    return _move(row, State.DONE, acting_user, result=result, homes_served=homes_served)


def drop(*, row: JointProject, reason: str, acting_user: User | None) -> JointProject:
    """It is not carried out, with the reason."""
    return _move(row, State.DROPPED, acting_user, result=reason)


def _move(row: JointProject, state: str, acting_user: User | None, **values: object) -> JointProject:
    with transaction.atomic(), acting(acting_user, f"joint project {state}"):
        row = (
            JointProject.objects.select_for_update(of=("self",))
            .select_related("community__district", "need")
            .get(pk=row.pk)
        )
        require_keeper(acting_user, row.community)
        require_move(MOVES, row.state, state, what=row)
        today = business_today(row.community.district)
        if "result" in values:
            values["result"] = str(values["result"]).strip()
            if not values["result"]:
                raise Refused(_("Say what came of it."), code="text-missing", field="result")
            refuse_personal_numbers(values["result"], field=_("result"))
        day = {State.ADOPTED: "adopted_on", State.RUNNING: "started_on", State.DONE: "done_on"}.get(state)
        if day:
            values[day] = today
        if state == State.ADOPTED:
            values["homes_at_adoption"] = weigh([row], today)[row.pk][0]
        row.state = state
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=["state", *values])
    return row


def weigh(rows: Iterable[JointProject], day: dt.date) -> dict[int, tuple[int, int]]:
    """Homes in need and requests behind each project, of the year up to `day` in its community (2 queries)."""
    rows = list(rows)
    since = day - dt.timedelta(days=LOOK_BACK)
    communities = {row.community_id for row in rows}
    visits = HomeVisit.objects.filter(
        community__in=communities, withdrawn_reason="", visited_on__gt=since, visited_on__lte=day
    )
    homes: dict[tuple[int, int, int | None], int] = {}
    counted = (
        VisitCount.objects.filter(visit__in=visits.order_by().values("pk"))
        .order_by()
        .values_list("visit__community", "item", "visit__compound")
        .annotate(homes=Sum("homes"))
    )
    for community, item, compound, number in counted.filter(item__in={row.need_id for row in rows} - {None}):
        homes[community, item, compound] = number
        homes[community, item, None] = homes.get((community, item, None), 0) + number
    asked: dict[tuple[int, str, int | None], int] = {}
    requests = (
        ResidentRequest.objects.filter(
            category__in={row.category for row in rows if row.category},
            compound__placements__community__in=communities,
            compound__placements__valid_to=None,
            received_on__gt=since,
            received_on__lte=day,
        )
        .exclude(state=ResidentRequest.State.DUPLICATE)
        .order_by()
        .values_list("compound__placements__community", "category", "compound")
    )
    for community, category, compound in requests:
        for key in ((community, category, compound), (community, category, None)):
            asked[key] = asked.get(key, 0) + 1
    return {
        row.pk: (
            homes.get((row.community_id, row.need_id, row.compound_id), 0) if row.need_id else 0,
            asked.get((row.community_id, row.category, row.compound_id), 0) if row.category else 0,
        )
        for row in rows
    }
