"""Rounds of rotating flags: candidates computed by the rule, awarded or declined by a person, passed on."""

from collections import Counter

from django.db import transaction
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from enterprises.models import EnterpriseContact, ServiceProject
from evaluations.models import (
    EvaluationPeriod,
    FlagCandidate,
    FlagEnd,
    FlagRound,
    FlagRule,
    Release,
    RotatingFlag,
)
from evaluations.scoring.flags import Contender, places_of
from evaluations.services.access import require_role
from evaluations.services.flag_rules import contenders, excluded_projects, rules_for
from evaluations.services.freezing import OFFICIAL_LANGUAGE
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.periods import Period
from redprop.common.queue import send_on_commit
from redprop.core.models import NoticeKind
from redprop.core.services.notifications import Told, tell

State = FlagCandidate.State


def open_round(*, period: EvaluationPeriod, rule: FlagRule, acting_user: User | None) -> FlagRound:
    """Open the round of a final period under a rule and compute its candidates; return it.

    Raises Refused before the list is final, for a rule that is not in force, or twice.
    """
    district = period.district
    require_role(acting_user, district, Role.EVALUATOR)
    with transaction.atomic(), acting(acting_user, f"open flags {period.code}"):
        District.objects.select_for_update(of=("self",)).get(pk=district.pk)
        if not Release.objects.filter(
            period=period, kind=Release.Kind.FINAL, state=Release.State.PUBLISHED
        ).exists():
            raise Refused(
                _("%(period)s has no final list yet. Flags follow the final list.")
                % {"period": period.value.label},
                code="not-final",
                field="period",
            )
        if rule.pk not in {one.pk for one in rules_for(period)}:
            raise Refused(
                _("%(rule)s is not in force for %(period)s. Choose the rule of that day.")
                % {"rule": rule, "period": period.value.label},
                code="other-rule",
                field="rule",
            )
        if FlagRound.objects.filter(period=period, rule=rule).exists():
            raise Refused(_("The round of this period under this rule is already open."), code="round-exists")
        now, by = business_now(district), str(acting_user or "")
        made = FlagRound.objects.create(
            period=period, rule=rule, opened_on=business_today(district), recorded_at=now, recorded_by=by
        )
        found = contenders(period, rule)
        held = {flag.project_id: flag.awarded_on for flag in held_flags(made).order_by("-awarded_on", "-pk")}
        placed = places_of(
            (Contender(pk, (street or 0, group), row.total) for pk, (row, street, group) in found.items()),  # type: ignore[arg-type]
            rule.flags,
        )
        FlagCandidate.objects.bulk_create(
            FlagCandidate(
                round=made,
                project_id=one.key,
                enterprise_id=found[one.key][0].enterprise_id,
                subdistrict_id=found[one.key][1],
                group=found[one.key][2],
                position=place,
                total=one.total,
                rank=found[one.key][0].rank,
                compounds=found[one.key][0].compounds,
                holds_since=held.get(one.key),
                recorded_at=now,
                recorded_by=by,
            )
            for one, place in placed
        )
    return made


def held_flags(round_: FlagRound) -> QuerySet:
    """Return the flags of earlier rounds of the same series (area and kind of period) that still hang."""
    rule, period = round_.rule, round_.period
    flags = RotatingFlag.objects.held().filter(district=period.district_id)
    flags = flags.filter(subdistrict__isnull=rule.area == FlagRule.Area.DISTRICT)
    same_kind = [
        pk
        for pk, code in flags.values_list("pk", "period_code")
        if Period.parse(code).kind == period.kind and Period.parse(code).end < period.ends_on
    ]
    return RotatingFlag.objects.filter(pk__in=same_kind)


def _locked(candidate: FlagCandidate) -> FlagCandidate:
    """Lock the round, then the candidate."""
    FlagRound.objects.select_for_update(of=("self",)).get(pk=candidate.round_id)
    found = FlagCandidate.objects.select_for_update(of=("self",)).select_related(
        "round__rule", "round__period__district", "project", "enterprise", "subdistrict"
    )
    return found.get(pk=candidate.pk)


def _require_open(candidate: FlagCandidate) -> None:
    if candidate.round.state != FlagRound.State.OPEN:
        raise Refused(_("%(round)s is decided already.") % {"round": candidate.round}, code="round-closed")
    if candidate.state != State.PROPOSED:
        raise Refused(
            _("%(candidate)s is “%(state)s” already.")
            % {"candidate": candidate.project, "state": candidate.get_state_display()},
            code="decided",
        )


def _same_cell(candidate: FlagCandidate) -> QuerySet:
    return FlagCandidate.objects.filter(
        round=candidate.round_id, subdistrict=candidate.subdistrict_id, group=candidate.group
    )


def award_flag(*, candidate: FlagCandidate, remark: str = "", acting_user: User) -> RotatingFlag:
    """Give a candidate its flag; it passes on from the last holder of the same cell. Returns the new flag.

    Raises Refused while a better placed candidate of the cell is undecided, when all flags of the cell
    are given, or when a veto or black has come up since the candidates were computed.
    """
    district = candidate.round.period.district
    require_role(acting_user, district, Role.PUBLISHER)
    refuse_personal_numbers(remark, field=_("reason given"))
    with transaction.atomic(), acting(acting_user, remark or f"award flag {candidate.round.period.code}"):
        District.objects.select_for_update(of=("self",)).get(pk=district.pk)
        candidate = _locked(candidate)
        _require_open(candidate)
        cell = list(_same_cell(candidate).select_related("project"))
        before = next(
            (c for c in cell if c.state == State.PROPOSED and c.position < candidate.position), None
        )
        if before is not None:
            raise Refused(
                _("%(better)s is placed before %(candidate)s. Award or decline it first.")
                % {"better": before.project, "candidate": candidate.project},
                code="better-first",
            )
        if sum(c.state == State.AWARDED for c in cell) >= candidate.round.rule.flags:
            raise Refused(
                _("All flags of %(cell)s are given.") % {"cell": candidate.cell_label}, code="all-given"
            )
        why = excluded_projects(district, candidate.round.period.starts_on, [candidate.project_id])
        if why:
            raise Refused(
                _("%(project)s has a veto or stands on the black list. Decline it with that reason.")
                % {"project": candidate.project},
                code="excluded",
            )
        flag = _hang(candidate, remark, acting_user)
        candidate.state, candidate.remark = State.AWARDED, remark.strip()
        candidate.decided_by, candidate.decided_on = acting_user, flag.awarded_on
        candidate.save(update_fields=["state", "remark", "decided_by", "decided_on"])
        _tell_winner(flag)
        pages_anew(district)
    return flag


def last_holder(candidate: FlagCandidate) -> RotatingFlag | None:
    """Return the hanging flag of the cell that would pass on to the candidate; None when it is a new one.

    A project that keeps its flag keeps its own; others take the one that has hung longest, but not that of
    a candidate who may still keep it.
    """
    rows = held_flags(candidate.round).select_related("project").order_by("awarded_on", "pk")
    hanging = [flag for flag in rows if flag.cell == candidate.cell]
    waiting = FlagCandidate.objects.filter(
        round=candidate.round_id, state=State.PROPOSED, position__lte=candidate.round.rule.flags
    )
    keepers = set(waiting.exclude(pk=candidate.pk).values_list("project", flat=True))
    own = next((flag for flag in hanging if flag.project_id == candidate.project_id), None)
    return own or next((flag for flag in hanging if flag.project_id not in keepers), None)


def _hang(candidate: FlagCandidate, remark: str, user: User) -> RotatingFlag:
    period = candidate.round.period
    district, now = period.district, business_now(period.district)
    last = last_holder(candidate)
    taken = RotatingFlag.objects.filter(district=district, period_code=period.code).count()
    flag = RotatingFlag.objects.create(
        district=district,
        number=f"LDHQ{period.code}-{taken + 1:03d}",
        period_code=period.code,
        candidate=candidate,
        project=candidate.project,
        enterprise=candidate.enterprise,
        subdistrict=candidate.subdistrict,
        group=candidate.group,
        compounds=candidate.compounds,
        awarded_on=business_today(district),
        awarded_by=user,
        passed_from=last,
        reason=reason_of(candidate),
        recorded_at=now,
        recorded_by=str(user),
    )
    if last is not None:
        kept = last.project_id == flag.project_id
        with translation.override(OFFICIAL_LANGUAGE):
            words = _("Awarded again, %(number)s.") if kept else _("Passed on to %(project)s, %(number)s.")
            end_flag(
                last,
                FlagEnd.Reason.KEPT if kept else FlagEnd.Reason.PASSED_ON,
                words % {"number": flag.number, "project": flag.project},
                user,
            )
    return flag


def reason_of(candidate: FlagCandidate) -> str:
    """Return why the rule proposes the candidate, in the official language."""
    with translation.override(OFFICIAL_LANGUAGE):
        return _("%(cell)s, place %(place)s with %(total)s points; no veto, not on the black list.") % {
            "cell": candidate.cell_label,
            "place": candidate.position,
            "total": f"{candidate.total:.2f}",
        }


def end_flag(flag: RotatingFlag, reason: str, words: str, user: User | None) -> FlagEnd:
    """Record that a flag no longer hangs; the caller holds the transaction and the audit context."""
    return FlagEnd.objects.create(
        flag=flag,
        ended_on=business_today(flag.district),
        reason=reason,
        words=words,
        recorded_at=business_now(flag.district),
        recorded_by=str(user or ""),
    )


def decline_candidate(*, candidate: FlagCandidate, reason: str, acting_user: User) -> FlagCandidate:
    """Give a candidate no flag, with the reason; the next in the cell moves up."""
    district = candidate.round.period.district
    require_role(acting_user, district, Role.PUBLISHER)
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why this candidate gets no flag."), code="reason-missing", field="reason")
    refuse_personal_numbers(reason, field=_("reason given"))
    with transaction.atomic(), acting(acting_user, reason):
        candidate = _locked(candidate)
        _require_open(candidate)
        candidate.state, candidate.remark = State.DECLINED, reason
        candidate.decided_by, candidate.decided_on = acting_user, business_today(district)
        candidate.save(update_fields=["state", "remark", "decided_by", "decided_on"])
    return candidate


def close_round(*, round_: FlagRound, acting_user: User) -> FlagRound:
    """End a round: every flag is given or has no candidate left; what earlier rounds still hold is returned.

    Raises Refused while a place with a candidate is undecided.
    """
    district = round_.period.district
    require_role(acting_user, district, Role.PUBLISHER)
    with transaction.atomic(), acting(acting_user, f"close flags {round_.period.code}"):
        District.objects.select_for_update(of=("self",)).get(pk=district.pk)
        round_ = (
            FlagRound.objects.select_for_update(of=("self",))
            .select_related("rule", "period__district")
            .get(pk=round_.pk)
        )
        if round_.state != FlagRound.State.OPEN:
            raise Refused(_("%(round)s is decided already.") % {"round": round_}, code="round-closed")
        rows = list(
            round_.candidates.select_for_update(of=("self",)).select_related("project", "subdistrict")
        )
        given = Counter(row.cell for row in rows if row.state == State.AWARDED)
        for row in rows:
            if row.state == State.PROPOSED and given[row.cell] < round_.rule.flags:
                raise Refused(
                    _("%(project)s (%(cell)s) is not decided yet. Award or decline it first.")
                    % {"project": row.project, "cell": row.cell_label},
                    code="undecided",
                )
        today = business_today(district)
        with translation.override(OFFICIAL_LANGUAGE):
            full = _("All flags of %(cell)s were given to better placed projects.")
            for row in rows:
                if row.state == State.PROPOSED:
                    row.state, row.remark = State.DECLINED, full % {"cell": row.cell_label}
                    row.decided_by, row.decided_on = acting_user, today
                    row.save(update_fields=["state", "remark", "decided_by", "decided_on"])
            back = _("Not awarded again in the round of %(period)s.") % {"period": round_.period.value.label}
            for flag in held_flags(round_).select_related("district"):
                end_flag(flag, FlagEnd.Reason.RETURNED, back, acting_user)
        round_.state, round_.closed_on, round_.closed_by = FlagRound.State.CLOSED, today, acting_user
        round_.save(update_fields=["state", "closed_on", "closed_by"])
        pages_anew(district)
    return round_


def _tell_winner(flag: RotatingFlag) -> None:
    contacts = EnterpriseContact.objects.on(flag.awarded_on).filter(enterprise=flag.enterprise_id)
    users = [row.user for row in contacts.select_related("user")]
    label = Period.parse(flag.period_code).label
    tell(
        [
            Told(
                users,
                NoticeKind.RESULT,
                lambda: (
                    _("%(project)s holds the rotating red flag of %(period)s")
                    % {"project": flag.project, "period": label}
                ),
                "/desk/flags/",
                f"flag:{flag.pk}",
            )
        ]
    )


def pages_anew(district: District) -> None:
    """Have the public pages of the district written anew after commit; the nightly refresh does it too."""
    send_on_commit("redprop.public.tasks.publish_flags", district.pk)


def flags_of(project: ServiceProject) -> QuerySet:
    """Return the flags of a project, newest first."""
    return RotatingFlag.objects.filter(project=project).select_related("end", "subdistrict")
