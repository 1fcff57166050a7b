"""Figures counted over the enterprises, their projects, party coverage and graduates (design section 8)."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from enterprises.models import Enterprise, Graduate, PartyCoverage, PartyStage, Post, ServiceProject
from enterprises.models.enterprises import active_contract
from redprop.areas.models import District
from redprop.core.figures import figure

MEMBER_STAGES = [PartyStage.Stage.PROBATIONARY, PartyStage.Stage.FULL]


def present_enterprises(district: District, day: dt.date) -> QuerySet[Enterprise]:
    """Enterprises in the register on the day."""
    gone = Q(left_on__isnull=True) | Q(left_on__gt=day)
    return Enterprise.objects.filter(gone, district=district, registered_from__lte=day)


def running_projects(district: District, day: dt.date) -> QuerySet[ServiceProject]:
    """Projects that run on the day and have a compound under contract."""
    serving = ServiceProject.objects.filter(active_contract(day), pk=OuterRef("pk"))
    return ServiceProject.objects.active_on(day).filter(Exists(serving), district=district)


def present_graduates(district: District, day: dt.date) -> QuerySet[Graduate]:
    """Graduates who hold a post at an enterprise of the district on the day."""
    posts = Post.objects.on(day).filter(person=OuterRef("person"), enterprise__district=district)
    return Graduate.objects.filter(Exists(posts))


def in_stage(day: dt.date, stages: list[str]) -> Exists:
    """Condition on graduates: in one of these stages of membership on the day."""
    return Exists(PartyStage.objects.on(day).filter(person=OuterRef("person"), stage__in=stages))


@figure("enterprises", _("property enterprises"))
def enterprises(district: District, day: dt.date) -> int:
    """Enterprises in the register."""
    return present_enterprises(district, day).count()


@figure("projects", _("service projects"))
def projects(district: District, day: dt.date) -> int:
    """Projects that serve at least one compound."""
    return running_projects(district, day).count()


@figure("enterprises_with_party", _("enterprises with a party organisation"))
def enterprises_with_party(district: District, day: dt.date) -> int:
    """Enterprises that a party organisation covers, be it their own, a joint one or an adviser."""
    cover = PartyCoverage.objects.on(day).filter(enterprise=OuterRef("pk"), project=None)
    return present_enterprises(district, day).filter(Exists(cover)).count()


@figure("projects_with_party", _("projects with a party organisation"))
def projects_with_party(district: District, day: dt.date) -> int:
    """Running projects that a party organisation covers."""
    cover = PartyCoverage.objects.on(day).filter(project=OuterRef("pk"))
    return running_projects(district, day).filter(Exists(cover)).count()


@figure("graduates", _("graduates in post"))
def graduates(district: District, day: dt.date) -> int:
    """Graduates in post."""
    return present_graduates(district, day).count()


@figure("recruits", _("graduates in post recruited under the programme"))
def recruits(district: District, day: dt.date) -> int:
    """Of the graduates in post those recruited under the programme."""
    return present_graduates(district, day).filter(is_programme_recruit=True).count()


def _welfare_masters(district: District, day: dt.date) -> QuerySet[Graduate]:
    posts = Post.objects.on(day).filter(
        person=OuterRef("person"),
        enterprise__district=district,
        enterprise__kind=Enterprise.Kind.PUBLIC_WELFARE,
    )
    return Graduate.objects.filter(Exists(posts), degree=Graduate.Degree.MASTER, is_programme_recruit=True)


@figure("welfare_masters", _("recruits with a master's degree at public-welfare enterprises"))
def welfare_masters(district: District, day: dt.date) -> int:
    """Programme recruits with a master's degree in post at a public-welfare enterprise."""
    return _welfare_masters(district, day).count()


@figure("welfare_masters_members", _("party members among these masters"))
def welfare_masters_members(district: District, day: dt.date) -> int:
    """Full and probationary members among them."""
    return _welfare_masters(district, day).filter(in_stage(day, MEMBER_STAGES)).count()


@figure("graduates_probationary", _("probationary members among the graduates"))
def graduates_probationary(district: District, day: dt.date) -> int:
    """Probationary members among the graduates in post."""
    return present_graduates(district, day).filter(in_stage(day, [PartyStage.Stage.PROBATIONARY])).count()


@figure("member_managers", _("member graduates in management"))
def member_managers(district: District, day: dt.date) -> int:
    """Graduates who are members and hold a post in management."""
    managing = Post.objects.on(day).filter(
        person=OuterRef("person"), enterprise__district=district, kind=Post.Kind.MANAGEMENT
    )
    return Graduate.objects.filter(Exists(managing)).filter(in_stage(day, MEMBER_STAGES)).count()
