"""Growth of graduates as of a day: mentors, steps, duties, leavers. The sets behind the page “Growth of graduates”."""

import datetime as dt
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from enterprises.coverage import Reach, graduates_on
from enterprises.mentors_present import present_mentors, secretary_gone
from enterprises.models import (
    CampusOffer,
    Graduate,
    GrowthRung,
    GrowthStep,
    Mentorship,
    Post,
    PostDuty,
)
from enterprises.party_checks import add_months
from enterprises.party_figures import TALENT, add
from enterprises.services.talent_rules import talent_numbers_on

CHANNELS = GrowthRung.Channel.choices
ENDS = Post.End.choices


def present_mentor(day: dt.date, side: str) -> Exists:
    """Condition on graduates: a mentor of this side on the day, who is still there."""
    return Exists(present_mentors(day, side).filter(person=OuterRef("person")))


def to_be_mentored(reach: Reach) -> QuerySet[Graduate]:
    """Recruits in post whose first months are not over, with `firm` and `community`: whether that mentor is there."""
    months = talent_numbers_on(reach.district, reach.day).mentor_months
    return (
        graduates_on(reach)
        .filter(
            is_programme_recruit=True,
            recruited_on__gt=add_months(reach.day, -months),
            recruited_on__lte=reach.day,
        )
        .annotate(
            firm=present_mentor(reach.day, Mentorship.Side.FIRM),
            community=present_mentor(reach.day, Mentorship.Side.COMMUNITY),
        )
    )


def without_both(reach: Reach) -> QuerySet[Graduate]:
    """Recruits who should have two mentors by now and have not."""
    days = talent_numbers_on(reach.district, reach.day).mentor_days
    return to_be_mentored(reach).filter(
        Q(firm=False) | Q(community=False), recruited_on__lt=reach.day - dt.timedelta(days=days)
    )


def mentors_gone(reach: Reach) -> QuerySet[Mentorship]:
    """Mentorships in force whose mentor or graduate does not work there any more."""
    mentor = Post.objects.on(reach.day).filter(person=OuterRef("mentor"), enterprise=OuterRef("enterprise"))
    graduate = Post.objects.on(reach.day).filter(person=OuterRef("person"))
    same_firm = graduate.filter(enterprise=OuterRef("enterprise"))
    return (
        reach.of(Mentorship)
        .on(reach.day)
        .filter(person__district=reach.district)
        .filter(
            Q(side=Mentorship.Side.FIRM) & (~Exists(mentor) | ~Exists(same_firm))
            | Q(side=Mentorship.Side.COMMUNITY) & (~Q(Exists(graduate)) | secretary_gone(reach.day))
        )
    )


add("mentored", "mentors", _("recruits in their first months"), to_be_mentored, needs=TALENT)
for _code, _title, _has in (
    ("mentored_both", _("two mentors"), {"firm": True, "community": True}),
    ("mentored_firm", _("only one from the enterprise"), {"firm": True, "community": False}),
    ("mentored_community", _("only one from the community"), {"firm": False, "community": True}),
    ("mentored_none", _("no mentor"), {"firm": False, "community": False}),
):
    add(
        _code,
        "mentors",
        _title,
        lambda reach, has=_has: to_be_mentored(reach).filter(**has),
        of="mentored",
        needs=TALENT,
        is_gap=_code != "mentored_both",
    )
add(
    "mentored_not",
    "mentors",
    _("a mentor is missing and the time to name both is over"),
    without_both,
    of="mentored",
    needs=TALENT,
    is_gap=True,
)
add("mentors_gone", "mentors", _("mentor or graduate has left"), mentors_gone, needs=TALENT, is_gap=True)


# Growth


def stepped(reach: Reach, channel: str = "") -> Exists:
    """Condition on graduates: a step (of the channel) up to the day."""
    steps = GrowthStep.objects.filter(person=OuterRef("person"), reached_on__lte=reach.day)
    return Exists(steps.filter(rung__channel=channel) if channel else steps)


def stepped_this_year(reach: Reach) -> QuerySet[GrowthStep]:
    """Steps of the year up to the day."""
    return reach.of(GrowthStep).filter(
        person__district=reach.district,
        reached_on__gte=reach.day.replace(month=1, day=1),
        reached_on__lte=reach.day,
    )


add("grown", "growth", _("graduates in post"), graduates_on, needs=TALENT)
add(
    "grown_any",
    "growth",
    _("in a growth channel"),
    lambda reach: graduates_on(reach).filter(stepped(reach)),
    of="grown",
    needs=TALENT,
)
add(
    "grown_none",
    "growth",
    _("in none yet"),
    lambda reach: graduates_on(reach).filter(~stepped(reach)),
    of="grown",
    needs=TALENT,
)
for _channel, _title in CHANNELS:
    add(
        f"grown_{_channel}",
        "growth",
        _title,
        lambda reach, channel=_channel: graduates_on(reach).filter(stepped(reach, channel)),
        of="grown_any",
        needs=TALENT,
    )
add("steps_year", "growth", _("steps of this year"), stepped_this_year, needs=TALENT)


def without_duties(reach: Reach) -> QuerySet[Graduate]:
    """Graduates in post under a title whose duties are not written, or under none."""
    written = PostDuty.objects.on(reach.day).filter(district=reach.district, title=OuterRef("title"))
    posts = Post.objects.on(reach.day).filter(person=OuterRef("person"), enterprise__district=reach.district)
    return graduates_on(reach).filter(Exists(posts.filter(~Exists(written))))


add(
    "duties_missing",
    "growth",
    _("duties of the post not written"),
    without_duties,
    of="grown",
    needs=TALENT,
    is_gap=True,
)


# Leavers


def leavers(reach: Reach) -> QuerySet[Graduate]:
    """Graduates who left the trade this year up to the day: `ended_on` and `ended_why` of the last post."""
    here = Post.objects.filter(person=OuterRef("person"), enterprise__district=reach.district)
    last = here.filter(valid_from__lte=reach.day).order_by("-valid_to", "-pk")
    return (
        reach.of(Graduate)
        .filter(person__district=reach.district)
        .filter(~Exists(here.on(reach.day)))
        .annotate(
            ended_on=Subquery(
                here.filter(valid_from__lte=reach.day)
                .order_by()
                .values("person")
                .annotate(last=Max("valid_to"))
                .values("last")
            ),
            ended_why=Subquery(last.values("end_reason")[:1]),
        )
        .filter(ended_on__gte=reach.day.replace(month=1, day=1), ended_on__lt=reach.day)
    )


def moved(reach: Reach) -> QuerySet[Graduate]:
    """Graduates in post who changed the enterprise this year."""
    began = Post.objects.filter(
        person=OuterRef("person"),
        enterprise__district=reach.district,
        valid_from__gte=reach.day.replace(month=1, day=1),
        valid_from__lte=reach.day,
    )
    before = Post.objects.filter(
        person=OuterRef("person"), enterprise__district=reach.district, valid_to__lt=OuterRef("valid_from")
    ).exclude(enterprise=OuterRef("enterprise"))
    return graduates_on(reach).filter(Exists(began.filter(Exists(before))))


add("leavers", "leavers", _("left the trade this year"), leavers, needs=TALENT)
for _end, _title in (*ENDS, ("", _("reason not entered"))):
    if _end not in ("changed", "moved"):
        add(
            f"leavers_{_end or 'unknown'}",
            "leavers",
            _title,
            lambda reach, end=_end: leavers(reach).filter(
                ended_why__in=[end, "changed", "moved"] if end == "" else [end]
            ),
            of="leavers",
            needs=TALENT,
            is_gap=not _end,
        )
add("moved", "leavers", _("moved to another enterprise of the district this year"), moved, needs=TALENT)


# Offers


def offers_waiting(reach: Reach) -> QuerySet[CampusOffer]:
    """Offers made and not answered by the day."""
    return (
        reach.of(CampusOffer)
        .filter(campaign__district=reach.district, made_on__lte=reach.day)
        .filter(Q(answered_on__isnull=True) | Q(answered_on__gt=reach.day))
    )


def offers_to_hire(reach: Reach) -> QuerySet[CampusOffer]:
    """Offers accepted whose hire is to be recorded."""
    return (
        reach.of(CampusOffer)
        .filter(campaign__district=reach.district, answered_on__lte=reach.day)
        .filter(
            Q(state=CampusOffer.State.ACCEPTED)
            | Q(state=CampusOffer.State.TAKEN_UP, started_on__gt=reach.day)
        )
    )


add("offers_waiting", "offers", _("offers waiting for the answer"), offers_waiting, needs=TALENT)
add(
    "offers_late",
    "offers",
    _("of these past their day of answer"),
    lambda reach: offers_waiting(reach).filter(answer_by__lt=reach.day),
    of="offers_waiting",
    needs=TALENT,
    is_gap=True,
)
add("offers_to_hire", "offers", _("accepted, hire to be recorded"), offers_to_hire, needs=TALENT)

__all__: list[Any] = ["leavers", "mentors_gone", "moved", "to_be_mentored", "without_both", "without_duties"]
