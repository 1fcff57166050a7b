"""Names who follows a dissolved community and moves to it what is open; what was filed stays where it is.

One transaction: the communities are locked in the order of their ids, then the rows. Every moved
row keeps its former version in the history.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from communities.dissolved import OPEN_MEETINGS, open_commitments_of, open_requests_of, suggested_day
from communities.models import CompoundPlacement, JointMeeting
from enterprises.models import CrossAppointment
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.areas.models import Community, CommunitySuccession
from redprop.common.errors import Refused
from redprop.common.tabular import bulk

A_DAY = dt.timedelta(days=1)


@dataclass
class Moved:
    """What an assignment moved; `meetings_left` are open minutes of a month the successor has its own of."""

    compounds: int = 0
    meetings: int = 0
    appointments: int = 0
    meetings_left: int = 0
    commitments: int = 0
    requests: int = 0


def may_assign(user: User | None) -> bool:
    """Whether the user may name successors: who keeps communities and the placement of compounds."""
    return user is None or user.has_perms(
        [
            "areas.change_community",
            "areas.add_communitysuccession",
            "communities.add_compoundplacement",
            "communities.change_compoundplacement",
        ]
    )


def assign_successors(
    *,
    communities: Collection[Community],
    day: dt.date,
    acting_user: User | None,
    rest: Community | None = None,
    compounds: Mapping[int, Community] | None = None,
    commitments: Mapping[int, Community] | None = None,
    requests: Mapping[int, Community] | None = None,
    document: str = "",
) -> Moved:
    """From `day` on, the compounds and open items of dissolved communities belong to their successors.

    `compounds`, `commitments` and `requests` (id → successor) name single ones. What is not named goes
    with its compound, and `rest` takes all others; without `rest` they stay. Raises Refused before
    anything is written.
    """
    if not may_assign(acting_user):
        raise Refused(
            _("You may not name successors of communities. Ask the registrar of the district."),
            code="no-permission",
        )
    chosen, promised, asked = dict(compounds or {}), dict(commitments or {}), dict(requests or {})
    named = [*chosen.values(), *promised.values(), *asked.values()]
    if rest is None and not named:
        raise Refused(
            _("Name the community that follows: open items go to it."), code="no-successor", field="rest"
        )
    with transaction.atomic(), acting(acting_user, document or "successor of a dissolved community"):
        former, successors = _lock(communities, rest, named, acting_user)
        for community in former:
            _check(community, successors.values(), day)
        target = successors[rest.pk] if rest else None
        wanted = {pk: successors[one.pk] for pk, one in chosen.items()}
        moved = Moved()
        # before the compounds leave: a request is found by where its compound lies
        used = _move_requests(
            former, {pk: successors[one.pk] for pk, one in asked.items()}, wanted, target, day, moved
        )
        used |= _move_commitments(
            former, {pk: successors[one.pk] for pk, one in promised.items()}, wanted, target, moved
        )
        used |= _move_compounds(former, wanted, target, day, acting_user, moved)
        if target is not None:
            used |= {(community.pk, target.pk) for community in former}
            _move_meetings(former, target, moved)
            _move_appointments(former, target, day, acting_user, moved)
        _record(used, day, document, acting_user)
    return moved


def _lock(
    communities: Collection[Community],
    rest: Community | None,
    others: Collection[Community],
    acting_user: User | None,
) -> tuple[list[Community], dict[int, Community]]:
    """The dissolved communities and the successors by id, locked, in the user's reach."""
    ids = {one.pk for one in communities}
    following = {one.pk for one in others} | ({rest.pk} if rest else set())
    rows = Community.objects.select_for_update(of=("self",)).select_related("district", "subdistrict")
    if acting_user is not None:
        rows = rows.filter(pk__in=Community.objects.for_user(acting_user).values("pk"))
    found = {one.pk: one for one in rows.filter(pk__in=ids | following).order_by("pk")}
    if ids | following != found.keys():
        raise Refused(
            _("One of the communities lies outside your area. Choose another."), code="out-of-scope"
        )
    return [found[pk] for pk in sorted(ids)], {pk: found[pk] for pk in following}


def _check(community: Community, successors: Collection[Community], day: dt.date) -> None:
    if community.closed_on is None:
        raise Refused(
            _("%(community)s exists. Only a dissolved community has a successor.") % {"community": community},
            code="not-dissolved",
        )
    if day < community.closed_on:
        raise Refused(
            _("%(community)s existed until %(day)s. Choose that day or a later one.")
            % {"community": community, "day": community.closed_on},
            code="too-early",
            field="day",
        )
    first = suggested_day(community)
    if day < first:
        raise Refused(
            _(
                "%(community)s has filed minutes until %(last)s, which stay its own. Choose %(first)s or a later day."
            )
            % {"community": community, "last": first - A_DAY, "first": first},
            code="filed-later",
            field="day",
        )
    for successor in successors:
        if successor.district_id != community.district_id:
            raise Refused(
                _("The successor belongs to another district."), code="other-district", field="rest"
            )
        if successor.closed_on is not None and successor.closed_on <= day:
            raise Refused(
                _("%(community)s was dissolved on %(day)s itself. Choose a community that exists.")
                % {"community": successor, "day": successor.closed_on},
                code="successor-closed",
                field="rest",
            )


def _move_compounds(
    former: list[Community],
    wanted: Mapping[int, Community],
    target: Community | None,
    day: dt.date,
    acting_user: User | None,
    moved: Moved,
) -> set[tuple[int, int]]:
    """End the placements the day before and begin new ones; returns the pairs (former, successor) used."""
    rows = list(
        CompoundPlacement.objects.select_for_update(of=("self",))
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day), community__in=former)
        .order_by("pk")
    )
    foreign = set(wanted) - {row.compound_id for row in rows}
    if foreign:
        raise Refused(
            _("A compound on this page does not belong to the community any more. Open the page again."),
            code="foreign-compound",
        )
    used: set[tuple[int, int]] = set()
    ended, changed, begun = [], [], []
    author = acting_user.username if acting_user else "system"
    for row in rows:
        successor = wanted.get(row.compound_id, target)
        if successor is None:
            continue
        used.add((row.community_id, successor.pk))
        if row.valid_from >= day:
            row.community = successor
            changed.append(row)
            continue
        begun.append(
            CompoundPlacement(
                compound_id=row.compound_id,
                community=successor,
                valid_from=day,
                valid_to=row.valid_to,
                recorded_at=business_now(successor.district),
                recorded_by=author,
            )
        )
        row.valid_to = day - A_DAY
        ended.append(row)
    bulk.update(ended, ["valid_to"])
    bulk.update(changed, ["community"])
    bulk.insert(begun)
    moved.compounds = len({row.compound_id for row in (*ended, *changed)})
    return used


def _move_commitments(
    former: list[Community],
    named: Mapping[int, Community],
    by_compound: Mapping[int, Community],
    target: Community | None,
    moved: Moved,
) -> set[tuple[int, int]]:
    """Say of each open promise who keeps it: who was named, else the successor of its compound, else the rest's."""
    rows = list(
        open_commitments_of([one.pk for one in former])
        .select_for_update(of=("self",))
        .select_related("meeting__community", "keeper")
        .order_by("pk")
    )
    _refuse_strangers(named, {row.pk for row in rows})
    used, given = set(), []
    for row in rows:
        successor = named.get(row.pk) or by_compound.get(row.compound_id or 0, target)
        if successor is None:
            continue
        used.add((row.kept_in.pk, successor.pk))
        row.keeper = successor
        given.append(row)
    bulk.update(given, ["keeper"])
    moved.commitments = len(given)
    return used


def _move_requests(
    former: list[Community],
    named: Mapping[int, Community],
    by_compound: Mapping[int, Community],
    target: Community | None,
    day: dt.date,
    moved: Moved,
) -> set[tuple[int, int]]:
    """Open requests follow their compound; one that another community was named for is given to that one."""
    ids = {one.pk for one in former}
    rows = list(
        open_requests_of(ids, max(day, max(one.closed_on or day for one in former)))
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    _refuse_strangers(named, {row.pk for row in rows})
    used, given = set(), []
    for row in rows:
        follows = by_compound.get(row.compound_id, target)
        successor = named.get(row.pk)
        if row.keeper_id in ids and successor is None:
            successor = follows
        if successor is not None:
            if row.keeper_id in ids:
                used.add((row.keeper_id, successor.pk))
            row.keeper = successor
            given.append(row)
    bulk.update(given, ["keeper"])
    moved.requests = len(given)
    return used


def _refuse_strangers(named: Mapping[int, Community], there: set[int]) -> None:
    if set(named) - there:
        raise Refused(
            _("One of the items on this page is settled or kept elsewhere by now. Open the page again."),
            code="foreign-item",
        )


def _move_meetings(former: list[Community], target: Community, moved: Moved) -> None:
    """Drafts and returned minutes go to the successor, one a month; filed ones stay."""
    months = set(JointMeeting.objects.filter(community=target).values_list("month", flat=True))
    rows = JointMeeting.objects.select_for_update(of=("self",)).filter(
        community__in=former, state__in=OPEN_MEETINGS
    )
    for meeting in rows.order_by("pk"):
        if meeting.month in months:
            moved.meetings_left += 1
            continue
        months.add(meeting.month)
        meeting.community = target
        meeting.version += 1
        meeting.save(update_fields=["community", "version"])
        moved.meetings += 1


def _move_appointments(
    former: list[Community], target: Community, day: dt.date, acting_user: User | None, moved: Moved
) -> None:
    """Cross-appointments end the day before; they go on in the successor, unless the person sits there already."""
    rows = CrossAppointment.objects.select_for_update(of=("self",)).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gte=day), community__in=former
    )
    held = {
        (row.person_id, row.body)
        for row in CrossAppointment.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gte=day), community=target
        )
    }
    for row in rows.order_by("pk"):
        moved.appointments += 1
        goes_on = (row.person_id, row.body) not in held
        held.add((row.person_id, row.body))
        if row.valid_from >= day:
            if goes_on:
                row.community = target
                row.save(update_fields=["community"])
            continue
        end, row.valid_to = row.valid_to, day - A_DAY
        row.save(update_fields=["valid_to"])
        if goes_on:
            row.pk, row._state.adding = None, True
            row.community, row.valid_from, row.valid_to = target, day, end
            row.recorded_at = business_now(target.district)
            row.recorded_by = acting_user.username if acting_user else "system"
            row.save()


def _record(used: set[tuple[int, int]], day: dt.date, document: str, acting_user: User | None) -> None:
    known = set(
        CommunitySuccession.objects.filter(predecessor__in={pair[0] for pair in used}).values_list(
            "predecessor", "successor"
        )
    )
    bulk.insert(
        [
            CommunitySuccession(
                predecessor_id=predecessor,
                successor_id=successor,
                on=day,
                source=document[:200],
                recorded_by=acting_user.username if acting_user else "system",
            )
            for predecessor, successor in sorted(used - known)
        ]
    )
