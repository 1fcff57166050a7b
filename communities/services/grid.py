"""The grid's cells: their area and the hours to be covered. The community's secretary keeps them."""

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from communities.cover import moment
from communities.models import Compound, GridArea, GridCell, GridMode
from communities.selectors import projects_serving
from communities.services.access import require_keeper
from enterprises.models import ServiceProject
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers

A_DAY = dt.timedelta(days=1)
LONGEST = dt.timedelta(hours=24)
MOST_DAYS = 62
"""A row of shifts is entered for at most two months at once."""


def open_cell(
    *, community: Community, name: str, hours: int, opened_on: dt.date, acting_user: User | None
) -> GridCell:
    """Open a cell with its cover from a day on; its code counts on within the community."""
    require_keeper(acting_user, community)
    name = name_in_words(name, _("Name: write what the cell is called."))
    with transaction.atomic(), acting(acting_user, "open grid cell"):
        Community.objects.select_for_update(of=("self",)).get(pk=community.pk)
        number = GridCell.objects.filter(community=community).count() + 1
        cell = GridCell.objects.create(
            community=community,
            code=f"{community.code}-{number:02d}",
            name=name,
            opened_on=opened_on,
            **author(community, acting_user),
        )
        GridMode.objects.create(
            cell=cell,
            hours=hours,
            only_workdays=hours == 8,
            valid_from=opened_on,
            **author(community, acting_user),
        )
    return cell


def add_area(
    *,
    cell: GridCell,
    compound: Compound,
    buildings: str = "",
    valid_from: dt.date,
    acting_user: User | None,
) -> GridArea:
    """Take a compound, or some of its buildings, into the cell. Whole compounds and parts exclude each other."""
    with transaction.atomic(), acting(acting_user, "area of grid cell"):
        cell = lock_cell(cell)
        require_keeper(acting_user, cell.community)
        Compound.objects.select_for_update(of=("self",)).get(pk=compound.pk)
        if not compound.placements.on(valid_from).filter(community=cell.community_id).exists():
            raise Refused(
                _("%(compound)s did not belong to %(community)s on that day.")
                % {"compound": compound, "community": cell.community},
                code="other-compound",
                field="compound",
            )
        buildings = "、".join(
            part.strip()
            for part in buildings.replace(",", "、").replace("，", "、").split("、")
            if part.strip()
        )
        taken = GridArea.objects.filter(compound=compound).filter(
            Q(valid_to=None) | Q(valid_to__gte=valid_from)
        )
        mine = set(buildings.split("、")) if buildings else set()
        for other in taken.select_related("cell"):
            theirs = set(other.buildings.split("、")) if other.buildings else set()
            if not mine or not theirs or mine & theirs:
                raise Refused(
                    _("%(place)s belongs to the cell %(cell)s already. End that first.")
                    % {"place": other, "cell": other.cell},
                    code="taken",
                    field="compound",
                )
        return GridArea.objects.create(
            cell=cell,
            compound=compound,
            buildings=buildings,
            valid_from=valid_from,
            **author(cell.community, acting_user),
        )


def end_area(*, area: GridArea, acting_user: User | None) -> GridArea:
    """The cell gives the compound up from today; one that began today or later is taken out."""
    with transaction.atomic(), acting(acting_user, "end area of grid cell"):
        cell = lock_cell(area.cell)
        require_keeper(acting_user, cell.community)
        last = business_today(cell.community.district) - A_DAY
        if area.valid_from > last:
            area.delete()
        else:
            area.valid_to = last
            area.save(update_fields=["valid_to"])
    return area


def set_cover(
    *,
    cell: GridCell,
    hours: int,
    starts: dt.time = dt.time(9),
    only_workdays: bool = True,
    project: ServiceProject | None = None,
    valid_from: dt.date,
    acting_user: User | None,
) -> GridMode:
    """Cover the cell in another way from a day on; a project makes it a pilot of that project's staff."""
    with transaction.atomic(), acting(acting_user, "cover of grid cell"):
        cell = lock_cell(cell)
        require_keeper(acting_user, cell.community)
        if project and not projects_serving(cell.community, valid_from).filter(pk=project.pk).exists():
            raise Refused(
                _("%(project)s does not serve this community on that day.") % {"project": project},
                code="other-project",
                field="project",
            )
        later = cell.modes.filter(valid_from__gte=valid_from)
        if later.exclude(valid_from=valid_from).exists():
            raise Refused(
                _("Another change of the cover is entered for a later day."), code="later", field="valid_from"
            )
        later.delete()
        cell.modes.filter(Q(valid_to=None) | Q(valid_to__gte=valid_from)).update(valid_to=valid_from - A_DAY)
        return GridMode.objects.create(
            cell=cell,
            hours=hours,
            starts=starts,
            only_workdays=only_workdays and hours == 8,
            project=project,
            valid_from=valid_from,
            **author(cell.community, acting_user),
        )


def close_cell(*, cell: GridCell, acting_user: User | None) -> GridCell:
    """Close the cell from today; its shifts from today on are taken out."""
    with transaction.atomic(), acting(acting_user, "close grid cell"):
        cell = lock_cell(cell)
        require_keeper(acting_user, cell.community)
        if cell.closed_on:
            raise Refused(_("This cell is closed already."), code="closed")
        today = business_today(cell.community.district)
        cell.shifts.filter(starts_at__gte=moment(today, dt.time(0))).delete()
        cell.areas.filter(valid_from__gte=today).delete()
        cell.areas.filter(valid_to=None).update(valid_to=today - A_DAY)
        cell.closed_on = max(today, cell.opened_on)
        cell.save(update_fields=["closed_on"])
    return cell


def lock_cell(cell: GridCell) -> GridCell:
    """Lock a cell's row and return it as it stands now."""
    return (
        GridCell.objects.select_for_update(of=("self",)).select_related("community__district").get(pk=cell.pk)
    )


def is_open(cell: GridCell, day: dt.date) -> bool:
    """Return whether the cell exists on `day`."""
    return cell.opened_on <= day and (cell.closed_on is None or day < cell.closed_on)


def name_in_words(text: str, message: str) -> str:
    """Return the name without spaces around it; raises Refused with `message` when empty, or for a personal number."""
    text = text.strip()
    if not text:
        raise Refused(message, code="text-missing", field="name")
    refuse_personal_numbers(text, field=_("name"))
    return text


def author(community: Community, acting_user: User | None) -> dict[str, object]:
    """Return who records a row of the grid, and when."""
    return {"recorded_by": str(acting_user or ""), "recorded_at": business_now(community.district)}
