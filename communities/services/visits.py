"""Records home visits: one round through one building, its counts, and the requests that came out of it.

No door and no name enter: a building with a door number is refused, personal numbers too.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from communities.models import Compound, HomeVisit, ResidentRequest, VisitCount, VisitItem
from communities.selectors import compounds_of, with_predecessors
from communities.services.access import require_contact, require_keeper
from communities.services.requests import record_request
from communities.services.serving import project_serving
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.text import normalise

MAX_HOMES = 500
CORRECTED_WITHIN = 60
"""Days after which a visit stands as it is."""

_BUILDING = re.compile(
    r"^[0-9A-Za-z一二三四五六七八九十百甲乙丙丁东南西北中]{1,6}(号楼|栋|幢|座|楼|#)?"
    r"([0-9A-Za-z一二三四五六七八九十]{1,3}(单元|门洞|门栋))?$"
)
_PLAIN_NUMBER = re.compile(r"^\d{3,}$")


@dataclass(frozen=True)
class Round:
    """A round as typed: `counts` maps the id of an item to the number of homes."""

    compound: Compound
    building: str
    visited_on: dt.date
    visitor: str
    homes: int
    outcome: str = ""
    counts: Mapping[int, int] = field(default_factory=dict)


def clean_building(text: str) -> str:
    """Return the building as kept ("3栋", "3栋2单元"); raises Refused when it goes down to the door."""
    building = normalise(text).replace(" ", "")
    if not _BUILDING.match(building) or _PLAIN_NUMBER.match(building):
        raise Refused(
            _("Building: write the building and, if need be, the unit (3栋2单元). No floor, door or name."),
            code="building",
            field="building",
        )
    return building + "栋" if building.isdigit() else building


def save_visit(
    *, community: Community, entered: Round, acting_user: User | None, visit: HomeVisit | None = None
) -> HomeVisit:
    """Record a round, or correct the one given; entered by the secretary, or the contact for own staff."""
    building = clean_building(entered.building)
    outcome = entered.outcome.strip()
    refuse_personal_numbers(outcome, field=_("what came out of it"))
    _check(community, entered)
    project = None
    if entered.visitor == HomeVisit.Visitor.STAFF:
        project = project_serving(entered.compound, entered.visited_on)
        if project is None:
            raise Refused(
                _("No project served %(compound)s on %(day)s, so no property staff visited.")
                % {"compound": entered.compound, "day": entered.visited_on},
                code="nobody-serves",
                field="visitor",
            )
    _require_writer(community, project, acting_user)
    counts = _counts(community, entered)
    with transaction.atomic(), acting(acting_user, "save home visit"):
        if visit is None:
            visit = HomeVisit(
                recorded_by=str(acting_user or ""), recorded_at=business_now(community.district)
            )
        else:
            visit = _lock(visit)
            _require_writer(visit.community, visit.project, acting_user)
            _require_open(visit)
        visit.community, visit.compound, visit.building = community, entered.compound, building
        visit.visited_on, visit.visitor, visit.project = entered.visited_on, entered.visitor, project
        visit.homes, visit.outcome = entered.homes, outcome
        try:
            with transaction.atomic():
                visit.save()
        except IntegrityError as error:
            if "homevisit_once" not in str(error):
                raise
            raise Refused(
                _("This building's visit on that day is already recorded. Open it and add to it."),
                code="twice",
                field="building",
            ) from error
        visit.counts.exclude(item__in=counts).delete()
        VisitCount.objects.bulk_create(
            [VisitCount(visit=visit, item_id=item, homes=homes) for item, homes in counts.items()],
            update_conflicts=True,
            unique_fields=["visit", "item"],
            update_fields=["homes"],
        )
    return visit


def raise_request(
    *,
    visit: HomeVisit,
    category: str,
    text: str,
    is_for_the_enterprise: bool = True,
    acting_user: User | None,
) -> ResidentRequest:
    """Enter what a resident asked for at the door into the ledger, tied to the visit. The secretary does."""
    with transaction.atomic(), acting(acting_user, "request of a home visit"):
        visit = _lock(visit)
        require_keeper(acting_user, visit.community)
        if visit.withdrawn_reason:
            raise Refused(_("This visit was withdrawn."), code="withdrawn")
        request = record_request(
            compound=visit.compound,
            source=ResidentRequest.Source.VISIT,
            category=category,
            text=text,
            received_on=visit.visited_on,
            is_for_the_enterprise=is_for_the_enterprise,
            acting_user=acting_user,
        )
        visit.requests.add(request)
    return request


def withdraw_visit(*, visit: HomeVisit, reason: str, acting_user: User | None) -> HomeVisit:
    """Withdraw a visit entered by mistake; its requests stay."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why the visit is withdrawn."), code="reason-missing", field="reason")
    refuse_personal_numbers(reason, field=_("why it was withdrawn"))
    with transaction.atomic(), acting(acting_user, reason):
        visit = _lock(visit)
        _require_writer(visit.community, visit.project, acting_user)
        _require_open(visit)
        visit.withdrawn_reason = reason[:200]
        visit.save(update_fields=["withdrawn_reason"])
    return visit


def _check(community: Community, entered: Round) -> None:
    today = business_today(community.district)
    if entered.visited_on > today:
        raise Refused(
            _("Visited on: the day is in the future. Enter the day of the visit."),
            code="future",
            field="visited_on",
        )
    if not 1 <= entered.homes <= MAX_HOMES:
        raise Refused(
            _("Homes visited: a number from 1 to %(most)s.") % {"most": MAX_HOMES},
            code="homes",
            field="homes",
        )
    own = with_predecessors([community.pk])
    placed = entered.compound.placements.on(entered.visited_on).filter(community__in=own)
    if not placed.exists() and not compounds_of(community, today).filter(pk=entered.compound.pk).exists():
        raise Refused(
            _("%(compound)s did not belong to %(community)s on that day.")
            % {"compound": entered.compound, "community": community},
            code="other-compound",
            field="compound",
        )


def _counts(community: Community, entered: Round) -> dict[int, int]:
    known = VisitItem.objects.on(entered.visited_on).filter(district=community.district_id)
    names = dict(known.values_list("pk", "text"))
    found = {}
    for item, homes in entered.counts.items():
        if not homes:
            continue
        if item not in names:
            raise Refused(_("This question was not asked on that day. Open the page again."), code="item")
        if not 0 < homes <= entered.homes:
            raise Refused(
                _("%(item)s: %(n)s homes, but only %(homes)s were visited.")
                % {"item": names[item], "n": homes, "homes": entered.homes},
                code="more-than-visited",
                field=f"item_{item}",
            )
        found[item] = homes
    return found


def _require_writer(community: Community, project: object, acting_user: User | None) -> None:
    """The secretary for every visit; the firm's contact for those of its own staff."""
    try:
        require_keeper(acting_user, community)
    except Refused:
        if project is None:
            raise
        require_contact(acting_user, project)


def _require_open(visit: HomeVisit) -> None:
    if visit.withdrawn_reason:
        raise Refused(_("This visit was withdrawn."), code="withdrawn")
    if (business_today(visit.community.district) - visit.visited_on).days > CORRECTED_WITHIN:
        raise Refused(
            _("A visit can be corrected for %(days)s days; then it stands as it is.")
            % {"days": CORRECTED_WITHIN},
            code="too-late",
        )


def _lock(visit: HomeVisit) -> HomeVisit:
    return (
        HomeVisit.objects.select_for_update(of=("self",))
        .select_related("community__district", "compound", "project")
        .get(pk=visit.pk)
    )
