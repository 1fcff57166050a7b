"""Figures counted over the compounds and who serves them (design section 8).

An old compound counts as taken over when a market enterprise serves it on the day, as in
trusteeship when a public-welfare one does. One that nobody serves makes the parts not add up.
"""

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from communities.models import Compound, CompoundKind, ServiceAssignment
from enterprises.models import Enterprise
from redprop.areas.models import District
from redprop.core.figures import figure


def compounds_of_kind(district: District, day: dt.date, kind: str) -> QuerySet[Compound]:
    """Compounds in the register that are of the kind on the day."""
    return Compound.objects.registered_on(day).of_kind(kind, day).filter(district=district)


def old_served_by(district: District, day: dt.date, enterprise_kind: str) -> QuerySet[Compound]:
    """Old compounds that an enterprise of the kind serves on the day."""
    service = ServiceAssignment.objects.on(day).filter(
        compound=OuterRef("pk"), contract__project__enterprise__kind=enterprise_kind
    )
    return compounds_of_kind(district, day, CompoundKind.Kind.OLD).filter(Exists(service))


def enterprises_on_old(district: District, day: dt.date, enterprise_kind: str) -> int:
    """Enterprises of the kind that serve an old compound on the day."""
    old = compounds_of_kind(district, day, CompoundKind.Kind.OLD)
    return (
        ServiceAssignment.objects.on(day)
        .filter(compound__in=old, contract__project__enterprise__kind=enterprise_kind)
        .values("contract__project__enterprise")
        .distinct()
        .count()
    )


@figure("compounds", _("compounds"), parts=("compounds_professional", "compounds_old"))
def compounds(district: District, day: dt.date) -> int:
    """Compounds in the register."""
    return Compound.objects.registered_on(day).filter(district=district).count()


@figure("compounds_professional", _("compounds with professional service"))
def compounds_professional(district: District, day: dt.date) -> int:
    """Compounds with professional service."""
    return compounds_of_kind(district, day, CompoundKind.Kind.PROFESSIONAL).count()


@figure("compounds_old", _("old compounds"), parts=("old_taken_over", "old_in_trusteeship"))
def compounds_old(district: District, day: dt.date) -> int:
    """Old compounds."""
    return compounds_of_kind(district, day, CompoundKind.Kind.OLD).count()


@figure("old_taken_over", _("old compounds taken over by market enterprises"))
def old_taken_over(district: District, day: dt.date) -> int:
    """Old compounds that a market enterprise serves."""
    return old_served_by(district, day, Enterprise.Kind.MARKET).count()


@figure("old_in_trusteeship", _("old compounds in trusteeship"))
def old_in_trusteeship(district: District, day: dt.date) -> int:
    """Old compounds that a public-welfare enterprise serves."""
    return old_served_by(district, day, Enterprise.Kind.PUBLIC_WELFARE).count()


@figure("takeover_enterprises", _("market enterprises on old compounds"))
def takeover_enterprises(district: District, day: dt.date) -> int:
    """Market enterprises that serve an old compound."""
    return enterprises_on_old(district, day, Enterprise.Kind.MARKET)


@figure("welfare_enterprises", _("public-welfare enterprises on old compounds"))
def welfare_enterprises(district: District, day: dt.date) -> int:
    """Public-welfare enterprises that serve an old compound."""
    return enterprises_on_old(district, day, Enterprise.Kind.PUBLIC_WELFARE)
