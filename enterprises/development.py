"""Party development as of a day, counted from dated stages and posts. For the organisation department alone.

Nothing here is read where PARTY_DEVELOPMENT is off.
"""

import datetime as dt

from django.db.models import Exists, F, Min, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from enterprises.coverage import Reach, graduates_on
from enterprises.models import PartyStage, Post
from enterprises.party_figures import SECRET, _managing, _welfare_masters, add

Stage = PartyStage.Stage
MEMBER_STAGES = [Stage.PROBATIONARY, Stage.FULL]
BACKBONE = [Post.Kind.MANAGEMENT, Post.Kind.PROJECT_MANAGER]
"""Posts whose holders are an enterprise's backbone (骨干)."""


def in_stage(day: dt.date, stages: list[str]) -> Exists:
    """Condition on graduates: in one of these stages of membership on the day."""
    return Exists(PartyStage.objects.on(day).filter(person=OuterRef("person"), stage__in=stages))


def stages_on(reach: Reach, stage: str) -> QuerySet[PartyStage]:
    """Persons in the stage on the day who hold a post at an enterprise of the district."""
    posts = Post.objects.on(reach.day).filter(person=OuterRef("person"), enterprise__district=reach.district)
    return reach.of(PartyStage).on(reach.day).filter(Exists(posts), stage=stage)


def _both(reach: Reach) -> QuerySet[PartyStage]:
    """Members on the day in a backbone post, with the day of each: `joined_on` and `risen_on`."""
    joined = (
        PartyStage.objects.filter(person=OuterRef("person"), stage__in=MEMBER_STAGES)
        .order_by()
        .values("person")
        .annotate(first=Min("valid_from"))
        .values("first")
    )
    risen = (
        Post.objects.filter(person=OuterRef("person"), kind__in=BACKBONE, valid_from__lte=reach.day)
        .order_by()
        .values("person")
        .annotate(first=Min("valid_from"))
        .values("first")
    )
    now = Post.objects.on(reach.day).filter(
        person=OuterRef("person"), kind__in=BACKBONE, enterprise__district=reach.district
    )
    return (
        reach.of(PartyStage)
        .on(reach.day)
        .filter(Exists(now), stage__in=MEMBER_STAGES)
        .annotate(joined_on=Subquery(joined), risen_on=Subquery(risen))
    )


def backbone_to_member(reach: Reach) -> QuerySet[PartyStage]:
    """In a backbone post first, a member afterwards (把骨干培养成党员)."""
    return _both(reach).filter(risen_on__lte=F("joined_on"))


def member_to_backbone(reach: Reach) -> QuerySet[PartyStage]:
    """A member first, in a backbone post afterwards (把党员培养成骨干)."""
    return _both(reach).filter(risen_on__gt=F("joined_on"))


for _stage, _title in Stage.choices:
    add(
        f"stage_{_stage}",
        "developed",
        _title,
        lambda r, stage=_stage: stages_on(r, stage),
        needs=SECRET,
    )
add(
    "welfare_masters_members",
    "developed",
    _("members among the masters at public-welfare enterprises"),
    lambda r: _welfare_masters(r).filter(in_stage(r.day, MEMBER_STAGES)),
    of="welfare_masters",
    needs=SECRET,
)
add(
    "graduates_probationary",
    "developed",
    _("probationary members among the graduates"),
    lambda r: graduates_on(r).filter(in_stage(r.day, [Stage.PROBATIONARY])),
    needs=SECRET,
)
add("backbone_members", "developed", _("party members in a backbone post"), _both, needs=SECRET)
add(
    "backbone_to_member",
    "developed",
    _("backbone become member"),
    backbone_to_member,
    of="backbone_members",
    needs=SECRET,
)
add(
    "member_to_backbone",
    "developed",
    _("member become backbone"),
    member_to_backbone,
    of="backbone_members",
    needs=SECRET,
)
add(
    "member_managers",
    "promoted",
    _("member graduates in management"),
    lambda r: _managing(r).filter(in_stage(r.day, MEMBER_STAGES)),
    of="managers",
    needs=SECRET,
)

__all__ = ["backbone_to_member", "in_stage", "member_to_backbone", "stages_on"]
