"""Writes posts: beginning, ending with a reason, and moving on. The exclusion constraint has the last word."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from enterprises.models import Enterprise, Mentorship, Post, ServiceProject
from enterprises.services.enterprises import check_project_of_enterprise
from enterprises.services.talent_rules import check_post_age
from redprop.accounts.audit import acting
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.tabular.saving import readable
from redprop.core.models import Person

A_DAY = dt.timedelta(days=1)
GOES_ON = (Post.End.CHANGED, Post.End.MOVED)
"""Reasons after which the person has another post in the district."""


def check_post(post: Post) -> None:
    """The rules of a post: its project is the enterprise's, its holder of age, a reason stands with a last day."""
    check_project_of_enterprise(post)
    check_post_age(post)


def save_post(*, post: Post, acting_user: User | None, reason: str = "") -> Post:
    """Write a post; what another clerk saved in the meantime refuses it with the constraint's sentence."""
    with transaction.atomic(), acting(acting_user, reason), readable():
        Person.objects.select_for_update(of=("self",)).get(pk=post.person_id)
        if post._state.adding:
            post.recorded_by = acting_user.username if acting_user else "system"
        post.save()
        if post.valid_to is not None:
            end_mentorships(post.person_id, post.valid_to, moves=post.end_reason in GOES_ON)
    return post


def end_post(*, post: Post, last_day: dt.date, end_reason: str, acting_user: User | None) -> Post:
    """End a post with its reason; the mentorships of who leaves the trade end with it."""
    with transaction.atomic(), acting(acting_user, f"{post.person} {end_reason}"), readable():
        Person.objects.select_for_update(of=("self",)).get(pk=post.person_id)
        row = Post.objects.select_for_update(of=("self",)).get(pk=post.pk)
        if row.valid_to is not None and row.valid_to < last_day:
            raise Refused(
                _("This post already ended on %(day)s. Correct that day on the post's own page.")
                % {"day": row.valid_to.isoformat()},
                code="ended",
                field="last_day",
            )
        if last_day < row.valid_from:
            raise Refused(
                _("The last day is before the first day. Correct one of the two dates."),
                code="order",
                field="last_day",
            )
        row.valid_to, row.end_reason = last_day, Post.End(end_reason)
        row.save(update_fields=["valid_to", "end_reason"])
        end_mentorships(row.person_id, last_day, moves=end_reason in GOES_ON)
    return row


def move(
    *,
    post: Post,
    enterprise: Enterprise,
    first_day: dt.date,
    acting_user: User | None,
    kind: str = Post.Kind.STAFF,
    title: str = "",
    project: ServiceProject | None = None,
) -> Post:
    """End a post the day before and begin the next, at this or another enterprise: no day between, none twice."""
    reason = Post.End.CHANGED if enterprise.pk == post.enterprise_id else Post.End.MOVED
    with transaction.atomic(), acting(acting_user, "move"), readable():
        end_post(post=post, last_day=first_day - A_DAY, end_reason=reason, acting_user=acting_user)
        following = Post(
            person_id=post.person_id,
            enterprise=enterprise,
            project=project,
            kind=kind,
            title=title,
            valid_from=first_day,
            recorded_by=acting_user.username if acting_user else "system",
        )
        check_post(following)
        following.save()
    return following


def end_mentorships(person_id: int, last_day: dt.date, *, moves: bool) -> int:
    """End the mentorships of a graduate who leaves; of who `moves` within the district those by the firm left alone."""
    following = Post.objects.on(last_day + A_DAY).filter(person=person_id)
    stays = set(following.values_list("enterprise", flat=True))
    ended = 0
    rows = Mentorship.objects.select_for_update(of=("self",)).filter(
        person=person_id, valid_to=None, valid_from__lte=last_day
    )
    for row in rows:
        if row.enterprise_id in stays or (row.side == Mentorship.Side.COMMUNITY and (stays or moves)):
            continue
        row.valid_to, row.end_reason = last_day, Mentorship.End.PERSON_LEFT
        row.save(update_fields=["valid_to", "end_reason"])
        ended += 1
    return ended
