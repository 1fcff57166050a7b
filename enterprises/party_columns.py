"""What the rows behind a figure show, by model: columns, and the annotations that they need (no query per row)."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from enterprises.coverage import Reach, secretary_on, with_cover
from enterprises.mentors_present import present_mentors
from enterprises.models import (
    CampusOffer,
    Enterprise,
    Graduate,
    GrowthStep,
    GuideCheck,
    InPostMonth,
    Mentorship,
    PartyOrganisation,
    PartyStage,
    PartyTerm,
    Post,
    ServiceProject,
)

Columns = Sequence[tuple[Any, Callable[[Any], Any]]]
FORMS = dict(PartyOrganisation.Form.choices)

_COLUMNS: dict[type, Columns] = {
    Enterprise: (
        (_("enterprise"), lambda row: row.name),
        (_("unified social credit code"), lambda row: row.uscc),
        (_("kind"), lambda row: row.get_kind_display()),
        (_("form of establishment"), lambda row: FORMS.get(row.cover_form)),
        (_("party organisation"), lambda row: row.cover_name),
    ),
    ServiceProject: (
        (_("service project"), lambda row: row.name),
        (_("own code"), lambda row: row.code),
        (_("enterprise"), lambda row: row.enterprise.name),
        (_("form of establishment"), lambda row: FORMS.get(row.cover_form)),
        (_("party organisation"), lambda row: row.cover_name),
    ),
    PartyOrganisation: (
        (_("party organisation"), lambda row: row.name),
        (_("own code"), lambda row: row.code),
        (_("type"), lambda row: row.get_kind_display()),
        (_("form of establishment"), lambda row: row.get_form_display()),
        (_("full members"), lambda row: row.full),
        (_("secretary"), lambda row: row.secretary_name),
        (_("election due on"), lambda row: row.election_due),
    ),
    Graduate: (
        (_("person"), lambda row: row.person.name),
        (_("own code"), lambda row: row.person.code),
        (_("degree"), lambda row: row.get_degree_display()),
        (_("graduated on"), lambda row: row.graduated_on),
        (_("recruited under the programme"), lambda row: row.is_programme_recruit),
        (_("enterprise"), lambda row: row.enterprise_name),
        (_("post title"), lambda row: row.post_title),
        (_("mentor from the enterprise"), lambda row: row.firm_mentor),
        (_("mentor from the community"), lambda row: row.community_mentor),
    ),
    Mentorship: (
        (_("graduate"), lambda row: row.person.name),
        (_("own code"), lambda row: row.person.code),
        (_("mentor"), lambda row: row.mentor.name),
        (_("side"), lambda row: row.get_side_display()),
        (_("enterprise"), lambda row: row.enterprise.name if row.enterprise else None),
        (_("community"), lambda row: row.community.name if row.community else None),
        (_("from"), lambda row: row.valid_from),
    ),
    GrowthStep: (
        (_("graduate"), lambda row: row.person.name),
        (_("own code"), lambda row: row.person.code),
        (_("growth channel"), lambda row: row.rung.get_channel_display()),
        (_("rung"), lambda row: row.rung.title),
        (_("reached on"), lambda row: row.reached_on),
        (_("enterprise"), lambda row: row.enterprise_name),
    ),
    CampusOffer: (
        (_("own code"), lambda row: row.code),
        (_("candidate"), lambda row: row.person.name if row.person else row.candidate),
        (_("campus recruiting campaign"), lambda row: row.campaign.name),
        (_("enterprise"), lambda row: row.enterprise.name),
        (_("offer made on"), lambda row: row.made_on),
        (_("answer by"), lambda row: row.answer_by),
        (_("state"), lambda row: row.get_state_display()),
    ),
    InPostMonth: (
        (_("person"), lambda row: row.person.name),
        (_("own code"), lambda row: row.person.code),
        (_("enterprise"), lambda row: row.enterprise.name),
        (_("month"), lambda row: f"{row.month:%Y-%m}"),
        (_("degree"), lambda row: row.person.graduate.get_degree_display()),
        (_("monthly pay (yuan)"), lambda row: row.pay),
        (_("remark"), lambda row: row.note),
    ),
    GuideCheck: (
        (_("party organisation"), lambda row: row.organisation.name),
        (_("work item"), lambda row: row.item.title),
        (_("period of the work"), lambda row: row.period),
        (_("completed on"), lambda row: row.done_on),
        (_("state"), lambda row: row.get_state_display()),
    ),
    PartyStage: (
        (_("person"), lambda row: row.person.name),
        (_("own code"), lambda row: row.person.code),
        (_("stage"), lambda row: row.get_stage_display()),
        (_("from"), lambda row: row.valid_from),
        (_("enterprise"), lambda row: row.enterprise_name),
    ),
}


def columns_of(model: type) -> Columns:
    """The columns of rows of this model."""
    return _COLUMNS[model]


def _post(reach: Reach, path: str) -> Subquery:
    posts = Post.objects.on(reach.day).filter(person=OuterRef("person"), enterprise__district=reach.district)
    return Subquery(posts.order_by("valid_from", "pk").values(path)[:1])


def _mentor(reach: Reach, side: str) -> Subquery:
    """The mentor of this side who is there on the day; who has left counts as none."""
    rows = present_mentors(reach.day, side).filter(person=OuterRef("person"))
    return Subquery(rows.values("mentor__name")[:1])


def prepared(rows: QuerySet, reach: Reach) -> QuerySet:
    """The rows with what their columns read, in a fixed order."""
    if rows.model in (Enterprise, ServiceProject) and "cover" not in rows.query.annotations:
        rows = with_cover(rows, reach.day)
    if rows.model is Enterprise:
        return rows.order_by("pinyin", "pk")
    if rows.model is ServiceProject:
        return rows.select_related("enterprise").order_by("code", "pk")
    if rows.model is PartyOrganisation:
        term = PartyTerm.objects.on(reach.day).filter(organisation=OuterRef("pk"))
        due = term.annotate(due=Coalesce(F("extended_to"), F("ends_on"))).values("due")
        return rows.annotate(
            secretary_name=Subquery(secretary_on(reach.day).values("person__name")[:1]),
            election_due=Subquery(due[:1]),
        ).order_by("code", "pk")
    if rows.model is Graduate:
        return (
            rows.select_related("person")
            .annotate(
                enterprise_name=_post(reach, "enterprise__name"),
                post_title=_post(reach, "title"),
                firm_mentor=_mentor(reach, "firm"),
                community_mentor=_mentor(reach, "community"),
            )
            .order_by("person__pinyin", "pk")
        )
    if rows.model is Mentorship:
        return rows.select_related("person", "mentor", "enterprise", "community").order_by(
            "person__pinyin", "pk"
        )
    if rows.model is GrowthStep:
        return (
            rows.select_related("person", "rung")
            .annotate(enterprise_name=_post(reach, "enterprise__name"))
            .order_by("-reached_on", "pk")
        )
    if rows.model is CampusOffer:
        return rows.select_related("campaign", "enterprise", "person").order_by("answer_by", "code", "pk")
    if rows.model is InPostMonth:
        return rows.select_related("person__graduate", "enterprise").order_by("person__pinyin", "pk")
    if rows.model is GuideCheck:
        return rows.select_related("organisation", "item").order_by("-done_on", "pk")
    return (
        rows.select_related("person")
        .annotate(enterprise_name=_post(reach, "enterprise__name"))
        .order_by("person__pinyin", "pk")
    )
