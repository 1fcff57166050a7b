"""Recruits in their first months who lack a mentor, for the page of graduates and for what a user owes."""

from enterprises.coverage import Reach
from enterprises.models import Enterprise, Graduate, Mentorship, Post
from enterprises.talent import to_be_mentored
from redprop.desk.page import Desk

OFFERED = 60


def lacking(desk: Desk, side: str) -> list[Graduate]:
    """Recruits in their first months who lack the mentor that this user names (two queries)."""
    if desk.district is None:
        return []
    rows = to_be_mentored(Reach(desk.district, desk.today)).select_related("person")
    posts = Post.objects.on(desk.today)
    if side == Mentorship.Side.FIRM:
        posts = posts.filter(enterprise__in=desk.enterprises)
        rows = rows.filter(firm=False)
    else:
        serving = Enterprise.objects.for_user(desk.user)
        posts = posts.filter(enterprise__in=serving)
        rows = rows.filter(community=False)
    return list(rows.filter(person__in=posts.values("person")).order_by("recruited_on", "pk")[:OFFERED])
