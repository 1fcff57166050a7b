"""Offers of campus campaigns, from the offer to the hire. What was typed with the offer is not typed again.

The name of a candidate who declines or does not answer is taken out at once: only the count is needed.
"""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from enterprises.models import Campaign, CampusOffer, Enterprise, Graduate, Post, ServiceProject
from enterprises.services.posts import check_post
from enterprises.services.talent_rules import check_graduate
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.states import Moves
from redprop.common.tabular.codes import next_codes
from redprop.common.tabular.saving import readable
from redprop.common.text import normalise_name
from redprop.core.models import Person
from redprop.core.services.people import save_person

State = CampusOffer.State
OFFER_MOVES: Moves = {
    State.MADE: (State.ACCEPTED, State.DECLINED, State.LAPSED),
    State.ACCEPTED: (State.TAKEN_UP, State.BROKEN_OFF),
}


def check_campaign(campaign: Campaign) -> None:
    """Refuse fewer posts than none, and dates out of order with a sentence of their own."""
    if campaign.held_to < campaign.held_from:
        raise Refused(
            _("The last day is before the first day. Correct one of the two dates."),
            code="order",
            field="held_to",
        )


def check_offer(offer: CampusOffer) -> None:
    """Refuse an offer before its campaign, in the future, or with a number where only a name belongs."""
    offer.candidate = normalise_name(offer.candidate)
    refuse_personal_numbers(offer.candidate, field=_("candidate"))
    if offer.made_on < offer.campaign.held_from:
        raise Refused(
            _("The offer is before the campaign began (%(day)s). Correct one of the two dates.")
            % {"day": offer.campaign.held_from.isoformat()},
            code="before-campaign",
            field="made_on",
        )
    if offer.made_on > business_today(offer.campaign.district):
        raise Refused(
            _("%(day)s is in the future. Correct the date.") % {"day": offer.made_on.isoformat()},
            code="future",
            field="made_on",
        )
    if offer.answer_by is not None and offer.answer_by < offer.made_on:
        raise Refused(
            _("The answer would be due before the offer is made. Correct one of the two dates."),
            code="order",
            field="answer_by",
        )
    if offer.state == State.MADE and not offer.candidate:
        raise Refused(_("Enter the candidate's name."), code="no-name", field="candidate")


def make_offer(
    *,
    campaign: Campaign,
    enterprise: Enterprise,
    candidate: str,
    degree: str,
    made_on: dt.date,
    acting_user: User | None,
    kind: str = Post.Kind.STAFF,
    title: str = "",
    answer_by: dt.date | None = None,
) -> CampusOffer:
    """Record an offer; its code is allotted."""
    offer = CampusOffer(
        campaign=campaign,
        enterprise=enterprise,
        candidate=candidate,
        degree=degree,
        kind=kind,
        title=title,
        made_on=made_on,
        answer_by=answer_by,
    )
    return save_offer(offer=offer, acting_user=acting_user)


def save_offer(*, offer: CampusOffer, acting_user: User | None) -> CampusOffer:
    """Write a new or corrected offer."""
    with transaction.atomic(), acting(acting_user, "campus offer"), readable():
        campaign = Campaign.objects.select_for_update(of=("self",)).get(pk=offer.campaign_id)
        offer.district_id = campaign.district_id
        check_offer(offer)
        if offer._state.adding:
            offer.recorded_by = acting_user.username if acting_user else "system"
            if not offer.code:
                offer.code = next_codes(CampusOffer, campaign.district, 1, prefix="LY", digits=5)[0]
        offer.save()
    return offer


def namesakes(offer: CampusOffer) -> list[Person]:
    """Persons of the candidate's name in the district: one of them may be the candidate."""
    name = normalise_name(offer.candidate)
    return list(
        Person.objects.filter(district=offer.campaign.district_id, name=name, merged_into=None).order_by(
            "code"
        )[:5]
    )


def _locked(offer: CampusOffer, target: str, answered_on: dt.date) -> CampusOffer:
    row = (
        CampusOffer.objects.select_for_update(of=("self",))
        .select_related("campaign__district", "enterprise", "person")
        .get(pk=offer.pk)
    )
    if target not in OFFER_MOVES.get(State(row.state), ()):
        raise Refused(
            _("This offer is “%(state)s” already. Load the page again.") % {"state": row.get_state_display()},
            code="state",
        )
    if answered_on < row.made_on or answered_on > business_today(row.campaign.district):
        raise Refused(
            _("The day lies between the offer (%(day)s) and today. Correct it.")
            % {"day": row.made_on.isoformat()},
            code="answered-on",
            field="answered_on",
        )
    return row


def accept_offer(
    *,
    offer: CampusOffer,
    answered_on: dt.date,
    acting_user: User | None,
    person: Person | None = None,
    is_new: bool = False,
) -> CampusOffer:
    """The candidate accepts and becomes a person of the register: `person`, or a new one.

    With namesakes in the register one of them is chosen, or `is_new` says that it is somebody else.
    """
    with transaction.atomic(), acting(acting_user, f"offer {offer.code} accepted"), readable():
        row = _locked(offer, State.ACCEPTED, answered_on)
        if person is None:
            known = namesakes(row)
            if known and not is_new:
                raise Refused(
                    _(
                        "%(name)s is in the register already (%(codes)s). Choose that person, or say that this is somebody else of the same name."
                    )
                    % {"name": row.candidate, "codes": "、".join(one.code for one in known)},
                    code="namesake",
                    field="person",
                )
            district = row.campaign.district
            code = next_codes(Person, district, 1, prefix="RY", digits=5)[0]
            person = save_person(
                person=Person(district=district, code=code, name=row.candidate), acting_user=acting_user
            )
        elif person.district_id != row.campaign.district_id or person.merged_into_id is not None:
            raise Refused(_("Choose a person of this district's register."), code="person", field="person")
        row.state, row.answered_on, row.person, row.candidate = State.ACCEPTED, answered_on, person, ""
        row.save(update_fields=["state", "answered_on", "person", "candidate"])
    return row


def close_offer(
    *, offer: CampusOffer, state: str, answered_on: dt.date, acting_user: User | None, reason: str = ""
) -> CampusOffer:
    """The candidate declines, does not answer, or never starts; the name goes, the count stays."""
    target = State(state)
    if target not in (State.DECLINED, State.LAPSED, State.BROKEN_OFF):
        raise Refused(_("An offer is closed as declined, unanswered, or never started."), code="state")
    refuse_personal_numbers(reason, field=_("reason"))
    with transaction.atomic(), acting(acting_user, f"offer {offer.code} {target}"), readable():
        row = _locked(offer, target, answered_on)
        if target == State.BROKEN_OFF:
            answered_on = row.answered_on or answered_on
        row.state, row.answered_on, row.candidate, row.reason = target, answered_on, "", reason[:200]
        row.save(update_fields=["state", "answered_on", "candidate", "reason"])
    return row


def graduation_of(offer: CampusOffer) -> dt.date:
    """The last of June of the class that the campaign recruits: from July on that of the next year."""
    held = offer.campaign.held_from
    return dt.date(held.year + (held.month >= 7), 6, 30)


def hire(
    *,
    offer: CampusOffer,
    started_on: dt.date,
    acting_user: User | None,
    project: ServiceProject | None = None,
    graduated_on: dt.date | None = None,
) -> Post:
    """From an accepted offer make the post and the graduate in one step; nothing is typed twice."""
    with transaction.atomic(), acting(acting_user, f"hire by offer {offer.code}"), readable():
        row = _locked(offer, State.TAKEN_UP, offer.made_on)
        person = Person.objects.select_for_update(of=("self",)).get(pk=row.person_id)
        if row.answered_on is not None and started_on < row.answered_on:
            raise Refused(
                _("The first day is before the acceptance (%(day)s). Correct it.")
                % {"day": row.answered_on.isoformat()},
                code="order",
                field="started_on",
            )
        if started_on > business_today(row.campaign.district):
            raise Refused(
                _("%(day)s has not come yet. Record the hire on the first day in post.")
                % {"day": started_on.isoformat()},
                code="future",
                field="started_on",
            )
        author = acting_user.username if acting_user else "system"
        post = Post(
            person=person,
            enterprise=row.enterprise,
            project=project,
            kind=row.kind,
            title=row.title,
            valid_from=started_on,
            recorded_by=author,
        )
        check_post(post)
        post.save()
        graduate = Graduate.objects.filter(person=person).first() or Graduate(
            person=person, recorded_by=author
        )
        graduate.degree = row.degree
        graduate.school, graduate.school_class = row.campaign.school, row.campaign.school_class
        graduate.graduated_on = graduated_on or graduation_of(row)
        if graduate.recruited_on is None:
            graduate.is_programme_recruit, graduate.recruited_on = True, started_on
        check_graduate(graduate)
        graduate.save()
        row.state, row.started_on = State.TAKEN_UP, started_on
        row.save(update_fields=["state", "started_on"])
    return post


def lapse_late(*, offers: Iterable[CampusOffer], day: dt.date, acting_user: User | None) -> int:
    """Close the open offers whose day of answer has passed; returns how many."""
    late = [one for one in offers if one.state == State.MADE and one.answer_by and one.answer_by < day]
    for one in late:
        close_offer(offer=one, state=State.LAPSED, answered_on=day, acting_user=acting_user)
    return len(late)
