"""Whose residents this site serves, and which of its compounds an address means."""

from django.conf import settings
from django.http import Http404

from communities.models import Compound
from redprop.accounts.clock import business_today
from redprop.areas.models import District
from redprop.public.views import current_tree


def district_here() -> District:
    """The district whose residents this site serves; 404 before there is one."""
    tree = current_tree()
    code = settings.PUBLIC_DISTRICT or (tree.name if tree else "")
    rows = District.objects.order_by("pk")
    found = (rows.filter(code=code).first() if code else None) or rows.first()
    if found is None:
        raise Http404
    return found


def compound_here(code: str) -> Compound | None:
    """The compound in the register today that has this code; None when there is none."""
    district = district_here()
    rows = Compound.objects.filter(district=district).registered_on(business_today(district))
    return rows.select_related("district").filter(code=code.replace("\0", "").upper()).first()
