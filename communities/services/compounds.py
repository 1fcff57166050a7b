"""Writes the register of compounds: the compound itself, its dated kind, class and community.

A new dated entry ends the one that was open until then, so that no day is covered twice.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from communities.models import Compound, CompoundClass, CompoundKind, CompoundPlacement
from communities.services.aliases import sync_aliases
from communities.services.rules import CompoundFacts, check_not_before_compound, check_registered_from
from communities.services.search_keys import fill_compound
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import Community, District
from redprop.areas.services.dated import start_entry
from redprop.common.errors import Refused


def save_compound(*, compound: Compound, acting_user: User | None, reason: str = "") -> Compound:
    """Write a new or changed compound with its search keys. The caller has validated the fields."""
    check_registered_from(compound)
    fill_compound(compound)
    if compound._state.adding:
        compound.recorded_by = acting_user.username if acting_user else "system"
    with transaction.atomic(), acting(acting_user, reason):
        compound.save()
        sync_aliases(
            [compound],
            day=business_today(compound.district),
            by=acting_user.username if acting_user else "system",
        )
    return compound


def create_compound(
    *,
    district: District,
    code: str,
    name: str,
    registered_from: dt.date,
    kind: str,
    acting_user: User | None,
    community: Community | None = None,
    compound_class: int | None = None,
    **fields: Any,
) -> Compound:
    """A new compound with its first kind, and with its community and class where they are known."""
    with transaction.atomic():
        compound = Compound(
            district=district, code=code, name=name, registered_from=registered_from, **fields
        )
        save_compound(compound=compound, acting_user=acting_user)
        change_kind(compound=compound, kind=kind, valid_from=registered_from, acting_user=acting_user)
        if community is not None:
            place_compound(
                compound=compound, community=community, valid_from=registered_from, acting_user=acting_user
            )
        if compound_class is not None:
            change_class(
                compound=compound,
                compound_class=compound_class,
                valid_from=registered_from,
                acting_user=acting_user,
            )
    return compound


def change_kind(
    *, compound: Compound, kind: str, valid_from: dt.date, acting_user: User | None, reason: str = ""
) -> CompoundKind:
    """The compound is of `kind` from `valid_from`; the kind until then ends the day before."""
    check_not_before_compound(compound, valid_from, what=_("kind"))
    with transaction.atomic(), acting(acting_user, reason):
        lock_compound(compound)
        return start_entry(
            CompoundKind(compound=compound, kind=kind, valid_from=valid_from),
            of="compound",
            acting_user=acting_user,
        )


def change_class(
    *,
    compound: Compound,
    compound_class: int,
    valid_from: dt.date,
    acting_user: User | None,
    document: str = "",
    reason: str = "",
) -> CompoundClass:
    """The old compound has this class from `valid_from`; the class until then ends the day before."""
    with transaction.atomic(), acting(acting_user, reason):
        lock_compound(compound)
        CompoundFacts.load([compound.pk]).check_class(compound, valid_from)
        return start_entry(
            CompoundClass(
                compound=compound, compound_class=compound_class, valid_from=valid_from, document=document
            ),
            of="compound",
            acting_user=acting_user,
        )


def place_compound(
    *,
    compound: Compound,
    community: Community,
    valid_from: dt.date,
    acting_user: User | None,
    reason: str = "",
) -> CompoundPlacement:
    """The compound belongs to `community` from `valid_from`; the community until then ends the day before."""
    check_not_before_compound(compound, valid_from, what=_("community"))
    if community.district_id != compound.district_id:
        raise Refused(
            _("The community belongs to another district."), code="other-district", field="community"
        )
    with transaction.atomic(), acting(acting_user, reason):
        lock_compound(compound)
        return start_entry(
            CompoundPlacement(compound=compound, community=community, valid_from=valid_from),
            of="compound",
            acting_user=acting_user,
        )


def lock_compound(compound: Compound) -> None:
    """Hold the compound's row, so that two writers of its dated entries wait for each other."""
    Compound.objects.select_for_update(of=("self",)).only("pk").get(pk=compound.pk)
