"""Volunteer teams, their activities, and free help for households in need. The community's secretary writes.

A household is known by a short sign that only its community reads; consent comes first and is renewed
by the year, and whatever is due for erasure is deleted with every time of help.
"""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from communities.models import Compound, HelpGiven, HouseholdHelp, VolunteerActivity, VolunteerTeam
from communities.services.access import require_keeper, require_secretary
from communities.services.serving import ServedCommunities, project_serving
from enterprises.models import ServiceProject
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.services.openings import log_opening
from redprop.areas.models import Community, District
from redprop.common.errors import Refused
from redprop.common.identifiers import mask_sign, refuse_personal_numbers
from redprop.common.secrets import seal, unseal

ABOUT = "household-help-sign"
KEPT_DAYS = 365
"""Days for which one consent holds (sample value)."""
SIGN_LENGTH = 30
CORRECTED_WITHIN = 60
MOST_HOURS_EACH = Decimal(16)


def save_team(
    *,
    community: Community,
    name: str,
    kind: str,
    members: int,
    founded_on: dt.date,
    compound: Compound | None = None,
    project: ServiceProject | None = None,
    team: VolunteerTeam | None = None,
    acting_user: User | None,
) -> VolunteerTeam:
    """Found a team, or change the one given."""
    require_keeper(acting_user, team.community if team else community)
    _plain(name, _("name"))
    if members < 1:
        raise Refused(_("Members: at least one."), code="members", field="members")
    if founded_on > business_today(community.district):
        raise Refused(_("Founded on: the day is in the future."), code="future", field="founded_on")
    if kind == VolunteerTeam.Kind.PROPERTY and project is None:
        raise Refused(
            _("A property firm's team needs its service project."), code="no-project", field="project"
        )
    with transaction.atomic(), acting(acting_user, "save volunteer team"):
        if team is None:
            team = VolunteerTeam(community=community, recorded_by=str(acting_user or ""))
            team.recorded_at = business_now(community.district)
        else:
            team = VolunteerTeam.objects.select_for_update(of=("self",)).get(pk=team.pk)
        team.name, team.kind, team.members = name.strip(), kind, members
        team.founded_on, team.compound, team.project = founded_on, compound, project
        _save_once(
            team, "volunteerteam_name_once", _("This community already has a team of this name."), "name"
        )
    return team


def disband_team(*, team: VolunteerTeam, acting_user: User | None) -> VolunteerTeam:
    """End the team today; what it did stays."""
    with transaction.atomic(), acting(acting_user, "disband volunteer team"):
        team = (
            VolunteerTeam.objects.select_for_update(of=("self",))
            .select_related("community__district")
            .get(pk=team.pk)
        )
        require_keeper(acting_user, team.community)
        if team.disbanded_on:
            raise Refused(_("This team is disbanded already."), code="disbanded")
        team.disbanded_on = business_today(team.community.district)
        team.save(update_fields=["disbanded_on"])
    return team


def record_activity(
    *,
    team: VolunteerTeam,
    held_on: dt.date,
    kind: str,
    title: str,
    participants: int,
    hours: Decimal,
    firm_hours: Decimal = Decimal(0),
    compound: Compound | None = None,
    is_free_help: bool = False,
    acting_user: User | None,
) -> VolunteerActivity:
    """Record what the team did; the firm's hours go to the project that served the compound that day."""
    community = team.community
    require_keeper(acting_user, community)
    title = title.strip()
    if not title:
        raise Refused(_("Title: write what was done."), code="text-missing", field="title")
    _plain(title, _("title"), "title")
    _check_day(team, held_on)
    if participants < 1 or hours <= 0 or hours > participants * MOST_HOURS_EACH:
        raise Refused(
            _("Hours: of all together, at most %(most)s for each participant.") % {"most": MOST_HOURS_EACH},
            code="hours",
            field="hours",
        )
    if not 0 <= firm_hours <= hours:
        raise Refused(
            _("The firm's hours are part of the hours of all together."), code="hours", field="firm_hours"
        )
    if compound is not None and not compound.placements.on(held_on).filter(community=community).exists():
        raise Refused(
            _("%(compound)s did not belong to %(community)s on that day.")
            % {"compound": compound, "community": community},
            code="other-compound",
            field="compound",
        )
    project = _project_of(team, compound, held_on)
    if firm_hours and project is None:
        raise Refused(
            _("Hours of a property firm need a compound that a project served that day."),
            code="nobody-serves",
            field="compound",
        )
    with transaction.atomic(), acting(acting_user, "record volunteer activity"):
        activity = VolunteerActivity(
            team=team,
            community=community,
            compound=compound,
            project=project,
            held_on=held_on,
            kind=kind,
            title=title,
            participants=participants,
            hours=hours,
            firm_hours=firm_hours,
            is_free_help=is_free_help,
            recorded_by=str(acting_user or ""),
            recorded_at=business_now(community.district),
        )
        _save_once(
            activity,
            "volunteeractivity_once",
            _("This activity of the team is already recorded for that day."),
            "title",
        )
    return activity


def withdraw_activity(
    *, activity: VolunteerActivity, reason: str, acting_user: User | None
) -> VolunteerActivity:
    """Withdraw an activity entered by mistake: its hours count no more."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why it is withdrawn."), code="reason-missing", field="reason")
    _plain(reason, _("why it was withdrawn"), "reason")
    with transaction.atomic(), acting(acting_user, reason):
        activity = (
            VolunteerActivity.objects.select_for_update(of=("self",))
            .select_related("community__district")
            .get(pk=activity.pk)
        )
        require_keeper(acting_user, activity.community)
        if activity.withdrawn_reason:
            raise Refused(_("It was withdrawn already."), code="withdrawn")
        if (business_today(activity.community.district) - activity.held_on).days > CORRECTED_WITHIN:
            raise Refused(
                _("It can be withdrawn for %(days)s days; then it stands as it is.")
                % {"days": CORRECTED_WITHIN},
                code="too-late",
            )
        activity.withdrawn_reason = reason[:200]
        activity.save(update_fields=["withdrawn_reason"])
    return activity


# Help for households in need


def begin_help(
    *, community: Community, sign: str, service: str, consent_on: dt.date, acting_user: User | None
) -> HouseholdHelp:
    """Begin help for a household that agreed; `sign` is how the community finds it again, encrypted."""
    require_secretary(acting_user, community)
    sign = sign.strip()
    if not 1 <= len(sign) <= SIGN_LENGTH:
        raise Refused(
            _("Sign of the household: 1 to %(most)s characters that only you understand.")
            % {"most": SIGN_LENGTH},
            code="sign",
            field="sign",
        )
    _plain(sign, _("sign of the household"), "sign")
    _check_consent(community, consent_on)
    with transaction.atomic(), acting(acting_user, "begin help"):
        return HouseholdHelp.objects.create(
            community=community,
            sign_cipher=seal(sign, about=ABOUT),
            service=service,
            consent_on=consent_on,
            erase_on=consent_on + dt.timedelta(days=KEPT_DAYS),
            recorded_by=str(acting_user or ""),
            recorded_at=business_now(community.district),
        )


def sign_of(help_row: HouseholdHelp) -> str:
    """The household's sign in clear; shown only by `open_signs`."""
    return unseal(help_row.sign_cipher, about=ABOUT)


def masked_sign(help_row: HouseholdHelp) -> str:
    """The sign as shown everywhere: its first character, and the row's number to tell rows apart."""
    return f"{mask_sign(sign_of(help_row))} #{help_row.pk}"


def open_signs(*, rows: Sequence[HouseholdHelp], purpose: str, acting_user: User) -> dict[int, str]:
    """The signs of these rows in clear by row number, after the opening and its purpose are logged."""
    for community in {row.community_id: row.community for row in rows}.values():
        require_secretary(acting_user, community)
    with transaction.atomic(), acting(acting_user, purpose):
        log_opening(
            register=HouseholdHelp._meta.db_table,
            ids=[row.pk for row in rows],
            purpose=purpose,
            acting_user=acting_user,
        )
        return {row.pk: sign_of(row) for row in rows}


def give_help(
    *, help_row: HouseholdHelp, given_on: dt.date, team: VolunteerTeam | None = None, acting_user: User | None
) -> HelpGiven:
    """Note one time of help."""
    with transaction.atomic(), acting(acting_user, "give help"):
        row = _lock_help(help_row)
        require_secretary(acting_user, row.community)
        today = business_today(row.community.district)
        if not row.consent_on <= given_on <= today:
            raise Refused(
                _("Given on: a day from the consent (%(day)s) to today.") % {"day": row.consent_on},
                code="day",
                field="given_on",
            )
        if team and team.community_id != row.community_id:
            raise Refused(_("This team belongs to another community."), code="other-team", field="team")
        return HelpGiven.objects.create(
            help=row,
            given_on=given_on,
            team=team,
            recorded_by=str(acting_user or ""),
            recorded_at=business_now(row.community.district),
        )


def renew_consent(*, help_row: HouseholdHelp, consent_on: dt.date, acting_user: User | None) -> HouseholdHelp:
    """The household agreed anew: the day of erasure moves on a year."""
    with transaction.atomic(), acting(acting_user, "renew consent"):
        row = _lock_help(help_row)
        require_secretary(acting_user, row.community)
        _check_consent(row.community, consent_on)
        if consent_on < row.consent_on:
            raise Refused(
                _("The consent of %(day)s is newer.") % {"day": row.consent_on},
                code="older",
                field="consent_on",
            )
        row.consent_on, row.erase_on = consent_on, consent_on + dt.timedelta(days=KEPT_DAYS)
        row.save(update_fields=["consent_on", "erase_on"])
    return row


def end_help(*, help_row: HouseholdHelp, acting_user: User | None) -> None:
    """Erase the row now: help has ended, or the household took its consent back."""
    with transaction.atomic(), acting(acting_user, "end help"):
        row = _lock_help(help_row)
        require_secretary(acting_user, row.community)
        row.delete()


def erase_due_help(*, district: District) -> int:
    """Delete the rows whose day of erasure has come; returns how many. Safe to run twice."""
    with transaction.atomic(), acting(None, "day of erasure"):
        due = HouseholdHelp.objects.filter(
            community__district=district, erase_on__lte=business_today(district)
        )
        return due.delete()[1].get(HouseholdHelp._meta.label, 0)


def _plain(text: str, field: Any, name: str = "name") -> None:
    try:
        refuse_personal_numbers(text, field=field)
    except Refused as refused:
        raise Refused(str(refused), code=refused.code, field=name) from refused


def _check_day(team: VolunteerTeam, day: dt.date) -> None:
    if day > business_today(team.community.district):
        raise Refused(_("Held on: the day is in the future."), code="future", field="held_on")
    if day < team.founded_on or (team.disbanded_on and day > team.disbanded_on):
        raise Refused(_("The team did not exist on %(day)s.") % {"day": day}, code="no-team", field="held_on")


def _check_consent(community: Community, day: dt.date) -> None:
    today = business_today(community.district)
    if not today - dt.timedelta(days=KEPT_DAYS - 1) <= day <= today:
        raise Refused(
            _("Consent given on: a day of the last year, not in the future."),
            code="consent",
            field="consent_on",
        )


def _project_of(team: VolunteerTeam, compound: Compound | None, day: dt.date) -> ServiceProject | None:
    """The project that served the compound that day; without a compound, the team's own while it serves here."""
    if compound is not None:
        return project_serving(compound, day)
    if team.project and ServedCommunities([team.community_id]).serves(
        team.project_id, team.community_id, day
    ):
        return team.project
    return None


def _lock_help(row: HouseholdHelp) -> HouseholdHelp:
    found = (
        HouseholdHelp.objects.select_for_update(of=("self",))
        .select_related("community__district")
        .filter(pk=row.pk)
        .first()
    )
    if found is None:
        raise Refused(_("This row is erased already."), code="erased")
    return found


def _save_once(row: Any, constraint: str, message: str, field: str) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if constraint not in str(error):
            raise
        raise Refused(message, code="twice", field=field) from error
