"""Which mentors are still where they mentor from: at the enterprise by a post, in the community as far as is known."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q, QuerySet

from enterprises.models import CommunitySecretary, Mentorship, Post


def secretary_gone(day: dt.date) -> Q:
    """Condition on mentorships: the mentor was secretary of that community, and is it no more on the day."""
    rows = CommunitySecretary.objects.filter(person=OuterRef("mentor"), community=OuterRef("community"))
    return Q(Exists(rows)) & ~Q(Exists(rows.on(day)))


def present_mentors(day: dt.date, side: str) -> QuerySet[Mentorship]:
    """Mentorships of this side in force on the day whose mentor is still there."""
    rows = Mentorship.objects.on(day).filter(side=side)
    if side == Mentorship.Side.FIRM:
        there = Post.objects.on(day).filter(person=OuterRef("mentor"), enterprise=OuterRef("enterprise"))
        return rows.filter(Exists(there))
    return rows.exclude(secretary_gone(day))
