"""Two mentors at once (双导师): naming them, ending, and what to do when a mentor has left."""

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from enterprises.models import CommunitySecretary, Graduate, Mentorship, Post
from enterprises.models.enterprises import contact_enterprises
from enterprises.services.talent_rules import talent_numbers_on
from enterprises.talent_checks import COMMUNITY, FIRM, check_load
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import Community
from redprop.common.errors import Refused
from redprop.common.tabular.saving import readable
from redprop.core.models import Person

A_DAY = dt.timedelta(days=1)


def _require_right(user: User | None, side: str, person: Person, community: Community | None) -> None:
    """The registrar and the organisation department name both; a contact the own firm's, a secretary the own community's."""
    if user is None or user.has_perm("enterprises.add_mentorship"):
        return
    if side == FIRM:
        own = Post.objects.filter(person=person, valid_to=None, enterprise__in=contact_enterprises(user.pk))
        if own.exists():
            return
    elif community is not None and community.pk in user.scope.community_ids:
        return
    raise Refused(
        _(
            "The mentor from the enterprise is named by its contact, the one from the community by its secretary, both by the registrar."
        ),
        code="not-yours",
    )


def check_mentorship(row: Mentorship) -> None:
    """Refuse a mentor who is not there, the graduate's own self, or one with too many graduates (six queries)."""
    person, mentor, day = row.person, row.mentor, row.valid_from
    if row.person_id == row.mentor_id:
        raise Refused(_("Nobody is their own mentor. Choose somebody else."), code="oneself", field="mentor")
    if day > business_today(person.district):
        raise Refused(
            _("%(day)s is in the future. Correct the date.") % {"day": day.isoformat()},
            code="future",
            field="valid_from",
        )
    if not Graduate.objects.filter(person=person).exists():
        raise Refused(
            _("%(person)s is not in the register of graduates. Enter the degree there first.")
            % {"person": person.name},
            code="no-graduate",
            field="person",
        )
    post = Post.objects.on(day).filter(person=person).order_by("pk").first()
    if post is None:
        raise Refused(
            _("%(person)s is not in post on %(day)s. Enter the post first, or correct the day.")
            % {"person": person.name, "day": day.isoformat()},
            code="not-in-post",
            field="person",
        )
    if row.side == FIRM:
        row.community = None
        firms = Post.objects.on(day).filter(person=person).values("enterprise")
        there = Post.objects.on(day).filter(person=mentor, enterprise__in=firms).first()
        if there is None:
            raise Refused(
                _(
                    "%(mentor)s is not in post at %(enterprise)s on %(day)s. Choose somebody who works there, or enter the post first."
                )
                % {"mentor": mentor.name, "enterprise": post.enterprise, "day": day.isoformat()},
                code="mentor-elsewhere",
                field="mentor",
            )
        row.enterprise = there.enterprise
    else:
        row.enterprise = None
        if row.community is None:
            raise Refused(
                _("Name the community the mentor works in."), code="no-community", field="community"
            )
        if Post.objects.on(day).filter(person=mentor, enterprise=post.enterprise_id).exists():
            raise Refused(
                _(
                    "%(mentor)s works at %(enterprise)s. The second mentor comes from the community; choose somebody who works there."
                )
                % {"mentor": mentor.name, "enterprise": post.enterprise},
                code="mentor-of-firm",
                field="mentor",
            )
    others = Mentorship.objects.filter(mentor=mentor, side=row.side).exclude(pk=row.pk)
    spans = [span for span in others.values_list("valid_from", "valid_to")]
    most = talent_numbers_on(person.district_id, day).most(row.side)
    check_load(mentor.name, (day, row.valid_to), spans, most)


def name_mentor(
    *,
    person: Person,
    mentor: Person,
    side: str,
    since: dt.date,
    acting_user: User | None,
    community: Community | None = None,
) -> Mentorship:
    """Name a mentor from a day on; the one before of that side ends the day before. Two savers queue at the mentor."""
    _require_right(acting_user, side, person, community)
    with transaction.atomic(), acting(acting_user, f"{mentor.code} mentors {person.code}"), readable():
        list(
            Person.objects.select_for_update(of=("self",))
            .filter(pk__in={person.pk, mentor.pk})
            .order_by("pk")
        )
        open_rows = Mentorship.objects.select_for_update(of=("self",)).filter(
            person=person, side=side, valid_from__lt=since
        )
        for before in open_rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=since)):
            before.valid_to = since - A_DAY
            before.end_reason = (
                Mentorship.End.CHANGED if mentor_present(before, since) else Mentorship.End.MENTOR_LEFT
            )
            before.save(update_fields=["valid_to", "end_reason"])
        row = Mentorship(
            person=person,
            mentor=mentor,
            side=side,
            community=community if side == COMMUNITY else None,
            valid_from=since,
            recorded_by=acting_user.username if acting_user else "system",
        )
        check_mentorship(row)
        row.save()
    return row


def save_mentorship(*, row: Mentorship, acting_user: User | None) -> Mentorship:
    """Write a mentorship typed on its own page. Two savers queue at the mentor, so that the load holds."""
    with transaction.atomic(), acting(acting_user, "mentor"), readable():
        list(
            Person.objects.select_for_update(of=("self",))
            .filter(pk__in={row.person_id, row.mentor_id})
            .order_by("pk")
        )
        check_mentorship(row)
        if row._state.adding:
            row.recorded_by = acting_user.username if acting_user else "system"
        row.save()
    return row


def mentor_present(row: Mentorship, day: dt.date) -> bool:
    """Whether the mentor still works there on the day; of the community only its secretaries are known."""
    if row.side == COMMUNITY:
        known = CommunitySecretary.objects.filter(person=row.mentor_id, community=row.community_id)
        return not known.exists() or known.on(day).exists()
    return Post.objects.on(day).filter(person=row.mentor_id, enterprise=row.enterprise_id).exists()


def mentor_left(
    *, mentor: Person, last_day: dt.date, acting_user: User | None, communities: set[int] | None = None
) -> int:
    """End everything this mentor does; returns for how many graduates another one is needed.

    With `communities` only mentorships of these: a secretary ends those of the own community.
    """
    if acting_user is not None and not acting_user.has_perm("enterprises.change_mentorship"):
        communities = (communities or set()) & set(acting_user.scope.community_ids)
    with transaction.atomic(), acting(acting_user, f"{mentor.code} left"):
        Person.objects.select_for_update(of=("self",)).get(pk=mentor.pk)
        rows = Mentorship.objects.select_for_update(of=("self",)).filter(mentor=mentor, valid_to=None)
        if communities is not None:
            rows = rows.filter(community__in=communities)
        found = list(rows)
        if not found:
            raise Refused(
                _("%(mentor)s has no graduates at present. Nothing was changed.") % {"mentor": mentor.name},
                code="no-mentees",
            )
        late = next((row for row in found if row.valid_from > last_day), None)
        if late is not None:
            raise Refused(
                _("%(mentor)s began with %(person)s on %(day)s. Enter a later last day.")
                % {"mentor": mentor.name, "person": late.person.name, "day": late.valid_from.isoformat()},
                code="order",
                field="last_day",
            )
        for row in found:
            row.valid_to, row.end_reason = last_day, Mentorship.End.MENTOR_LEFT
            row.save(update_fields=["valid_to", "end_reason"])
    return len(found)
