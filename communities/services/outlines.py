"""The outline of a district: written here, and asked whether a point lies within it on a day."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import Compound, DistrictOutline
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.areas.services.dated import start_entry
from redprop.common.errors import Refused
from redprop.common.matching.places import Point, is_inside, metres_to_ring, to_wgs84


class Outline:
    """The outline of a district on a day; without one every point is taken."""

    def __init__(self, district: Any, day: dt.date) -> None:
        found = DistrictOutline.objects.on(day).filter(district=district).first()
        self.district = district
        self.tolerance = found.tolerance if found else 0
        self.ring: list[Point] = (
            [to_wgs84((float(x), float(y)), found.datum) for x, y in found.ring] if found else []
        )

    def metres_outside(self, place: Point, datum: str) -> int:
        """Return how far a point lies outside beyond the tolerance, 0 when it does not."""
        if not self.ring:
            return 0
        point = to_wgs84(place, datum)
        if is_inside(point, self.ring):
            return 0
        away = metres_to_ring(point, self.ring)
        return round(away) if away > self.tolerance else 0

    def refusal(self, place: Point, datum: str) -> str:
        """Return the sentence for a point outside, or an empty text."""
        away = self.metres_outside(place, datum)
        if not away:
            return ""
        return _(
            "This point lies %(km)s km outside %(district)s. Check longitude and latitude (not swapped?) and the datum, or leave the place empty."
        ) % {"km": f"{away / 1000:.1f}", "district": self.district.name}


def check_place(compound: Compound) -> None:
    """Refuse a new place of a compound outside the district (two queries); one that is stored stays."""
    if compound.longitude is None or compound.latitude is None or not compound.datum:
        return
    place = (compound.longitude, compound.latitude, compound.datum)
    stored = Compound.objects.filter(pk=compound.pk).values_list("longitude", "latitude", "datum").first()
    if stored == place:
        return
    outline = Outline(compound.district, business_today(compound.district))
    if sentence := outline.refusal((float(place[0]), float(place[1])), compound.datum):
        raise Refused(sentence, code="outside", field="longitude")


def save_outline(*, outline: DistrictOutline, acting_user: User | None, reason: str = "") -> DistrictOutline:
    """Write a new or corrected outline; a new one ends the one that was open until then."""
    with transaction.atomic(), acting(acting_user, reason):
        District.objects.select_for_update().get(pk=outline.district_id)
        if outline._state.adding:
            return start_entry(outline, of="district", acting_user=acting_user)  # type: ignore[no-any-return]
        outline.save()
    return outline
