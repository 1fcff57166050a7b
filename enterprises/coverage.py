"""The two coverages (两个覆盖) as of a day: which party organisation covers an enterprise or a project, and how.

A project is covered by its own organisation, else by that of its enterprise; nobody is counted twice. An
organisation of one's own or a joint one covers by organisation and work; an adviser in post covers by work alone.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from enterprises.models import (
    Enterprise,
    Graduate,
    PartyCoverage,
    PartyOrganisation,
    PartyPost,
    Post,
    ServiceProject,
)
from enterprises.models.enterprises import active_contract
from redprop.accounts.models import User
from redprop.areas.models import District

OWN = (PartyOrganisation.Form.SINGLE, PartyOrganisation.Form.JOINT)
ADVISER = PartyOrganisation.Form.ADVISER


@dataclass(frozen=True)
class Reach:
    """A district on a day as one user sees it; without a user the whole of it."""

    district: District
    day: dt.date
    user: User | None = None

    def of(self, model: Any) -> QuerySet:
        """Rows of `model` in the user's scope."""
        return model.objects.all() if self.user is None else model.objects.for_user(self.user)


def enterprises_on(reach: Reach) -> QuerySet[Enterprise]:
    """Enterprises in the register on the day."""
    gone = Q(left_on__isnull=True) | Q(left_on__gt=reach.day)
    return reach.of(Enterprise).filter(gone, district=reach.district, registered_from__lte=reach.day)


def projects_on(reach: Reach) -> QuerySet[ServiceProject]:
    """Projects that run on the day and have a compound under contract."""
    serving = ServiceProject.objects.filter(active_contract(reach.day), pk=OuterRef("pk"))
    return reach.of(ServiceProject).active_on(reach.day).filter(Exists(serving), district=reach.district)


def organisations_on(reach: Reach) -> QuerySet[PartyOrganisation]:
    """Party organisations and advisers' groups that exist on the day."""
    there = Q(dissolved_on__isnull=True) | Q(dissolved_on__gt=reach.day)
    return reach.of(PartyOrganisation).filter(there, district=reach.district, founded_on__lte=reach.day)


def graduates_on(reach: Reach) -> QuerySet[Graduate]:
    """Graduates who hold a post at an enterprise of the district on the day."""
    posts = Post.objects.on(reach.day).filter(person=OuterRef("person"), enterprise__district=reach.district)
    return reach.of(Graduate).filter(Exists(posts))


def _living(day: dt.date) -> QuerySet:
    there = Q(organisation__dissolved_on__isnull=True) | Q(organisation__dissolved_on__gt=day)
    return PartyCoverage.objects.on(day).filter(there, organisation__founded_on__lte=day)


def with_cover(rows: QuerySet, day: dt.date) -> QuerySet:
    """Annotate enterprises or projects with `cover` (organisation), `cover_form` and `has_adviser`."""
    whole = _living(day).filter(project=None)
    if rows.model is Enterprise:
        own = whole.filter(enterprise=OuterRef("pk"))
        rows = rows.annotate(cover=Subquery(own.values("organisation")[:1]))
    else:
        own = _living(day).filter(project=OuterRef("pk"))
        firm = whole.filter(enterprise=OuterRef("enterprise"))
        rows = rows.annotate(
            cover=Coalesce(
                Subquery(own.values("organisation")[:1]), Subquery(firm.values("organisation")[:1])
            )
        )
    covering = PartyOrganisation.objects.filter(pk=OuterRef("cover"))
    advisers = PartyPost.objects.on(day).filter(organisation=OuterRef("cover"), kind="adviser")
    return rows.annotate(
        cover_form=Subquery(covering.values("form")[:1]),
        cover_name=Subquery(covering.values("name")[:1]),
        has_adviser=Exists(advisers),
    )


def by_form(rows: QuerySet, form: str) -> QuerySet:
    """Of `with_cover` rows those covered in this form; an adviser counts while one is in post."""
    if form == ADVISER:
        return rows.filter(cover_form=ADVISER, has_adviser=True)
    return rows.filter(cover_form=form)


def covered(rows: QuerySet) -> QuerySet:
    """Of `with_cover` rows those that are covered by work: by an organisation or an adviser in post."""
    return rows.filter(Q(cover_form__in=OWN) | Q(cover_form=ADVISER, has_adviser=True))


def uncovered(rows: QuerySet) -> QuerySet:
    """Of `with_cover` rows those that nobody covers."""
    return rows.filter(Q(cover_form=None) | Q(cover_form=ADVISER, has_adviser=False))


@dataclass(frozen=True)
class Tally:
    """How many are covered in which form."""

    total: int
    single: int
    joint: int
    adviser: int

    @property
    def organised(self) -> int:
        """By an organisation, of one's own or a joint one."""
        return self.single + self.joint

    @property
    def worked(self) -> int:
        """By an organisation or an adviser."""
        return self.organised + self.adviser

    @property
    def without(self) -> int:
        """By nobody."""
        return self.total - self.worked

    def share(self, count: int) -> str:
        """A share in percent, cut to one place: 100 % is said only when nobody is left out."""
        return f"{count * 1000 // self.total / 10:.1f}%" if self.total else "—"


def tally(rows: QuerySet, day: dt.date) -> Tally:
    """Count enterprises or projects by how they are covered (one query)."""
    found = (
        with_cover(rows, day)
        .order_by()
        .aggregate(
            total=Count("pk"),
            single=Count("pk", filter=Q(cover_form="single")),
            joint=Count("pk", filter=Q(cover_form="joint")),
            adviser=Count("pk", filter=Q(cover_form="adviser", has_adviser=True)),
        )
    )
    return Tally(**found)


def secretary_on(day: dt.date, organisation: str = "pk") -> QuerySet:
    """Posts of secretaries (of an adviser's group: advisers) of the outer organisation on the day."""
    return PartyPost.objects.on(day).filter(organisation=OuterRef(organisation), kind="secretary")


__all__ = [
    "Reach",
    "Tally",
    "by_form",
    "covered",
    "enterprises_on",
    "graduates_on",
    "organisations_on",
    "projects_on",
    "secretary_on",
    "tally",
    "uncovered",
    "with_cover",
]
