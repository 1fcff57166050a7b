"""Corrections: a period recomputed from its frozen inputs plus those that changed, after it was closed.

The recomputation is a run of its own that corrects the run before: subjects and values of the others are
copied, those of the named projects are read anew from the facts. Before the final list everybody is ranked
again; afterwards the published cut-offs stay and only the named projects (and their enterprises) move, if
their own inputs changed. What changed becomes a new entry, which goes through confirmation, notice and
objection like any other; the old entry is withdrawn. A second survey pools its answers in the same way.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from communities.lights import reminder_day
from enterprises.models import ServiceProject
from evaluations.indicators import indicator_of
from evaluations.models import (
    NAMED_COLOURS,
    ClosingRun,
    Colour,
    CreditEventEnd,
    EvaluationPeriod,
    Level,
    ListEntry,
    Objection,
    Release,
)
from evaluations.scoring.bundle import cut_offs_json
from evaluations.scoring.evaluate import Card, EnterpriseCard, published_cut_offs
from evaluations.scoring.listing import Standing
from evaluations.scoring.rubric import Rubric as RubricValue
from evaluations.services.access import require_role
from evaluations.services.after_correction import hold_payments
from evaluations.services.bundles import RunData, load_run
from evaluations.services.credit import end_events_of_entry
from evaluations.services.follow_ups import void_follow_ups
from evaluations.services.releases import ENTRY_MOVES
from evaluations.services.replies import write_pages_anew
from evaluations.services.rubrics import value_of
from evaluations.services.run_data import SHANGHAI, find_enterprises, sql_parameters
from evaluations.services.severity import grade_by_vetoes
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.identifiers import refuse_personal_numbers
from redprop.common.states import require_move
from redprop.core.selectors import work_calendar

State = ListEntry.State

SUBJECTS = """
INSERT INTO evaluations_subject
  (run_id, project_id, enterprise_id, "group", days, last_day, compounds, households, floor_area, vetoes,
   preceding_colour, preceding_tail, quarter_totals, resurveyed)
SELECT %(run)s, s.project_id, s.enterprise_id, s."group", s.days, s.last_day, s.compounds, s.households,
       s.floor_area,
       CASE WHEN s.project_id = ANY(%(projects)s)
            THEN coalesce((SELECT array_agg(DISTINCT v.code ORDER BY v.code) FROM evaluations_veto v
                           WHERE v.project_id = s.project_id AND v.recorded_at < %(cutoff)s
                             AND (v.revoked_at IS NULL OR v.revoked_at >= %(cutoff)s)
                             AND v.decided_on BETWEEN %(start)s AND %(end)s),
                          ARRAY[]::varchar[])
            ELSE s.vetoes END,
       CASE WHEN s.project_id = ANY(%(projects)s) THEN coalesce(before.colour, '') ELSE s.preceding_colour END,
       CASE WHEN s.project_id = ANY(%(projects)s) THEN coalesce(before.tail, false) ELSE s.preceding_tail END,
       s.quarter_totals,
       s.resurveyed OR (%(resurveyed)s AND s.project_id = ANY(%(projects)s))
FROM evaluations_subject s
LEFT JOIN LATERAL (
  SELECT e.tail AND e.state <> 'struck' AS tail, CASE WHEN e.state = 'struck' THEN '' ELSE e.colour END AS colour
  FROM evaluations_listentry e
  JOIN evaluations_evaluationperiod p ON p.id = e.period_id
  WHERE p.district_id = %(district)s AND p.code = %(preceding)s AND e.level = 'project'
    AND e.project_id = s.project_id AND s.project_id = ANY(%(projects)s)
  ORDER BY e.run_id DESC LIMIT 1) before ON true
WHERE s.run_id = %(base)s
"""

OTHER_VALUES = """
INSERT INTO evaluations_indicatorvalue (run_id, project_id, item, numerator, denominator, n)
SELECT %(run)s, project_id, item, numerator, denominator, n FROM evaluations_indicatorvalue
WHERE run_id = %(base)s AND NOT project_id = ANY(%(projects)s)
"""


def resurvey_due_on(period: EvaluationPeriod) -> dt.date | None:
    """Return the day by which the undetermined entries of a closed period are surveyed again."""
    if period.closed_at is None:
        return None
    closed = period.closed_at.astimezone(SHANGHAI).date()
    return reminder_day(closed, period.rubric.resurvey_workdays, work_calendar(period.district))


def resolve_undetermined(*, entry: ListEntry, acting_user: User | None) -> list[ListEntry]:
    """Decide an undetermined project with the answers of both surveys pooled; returns the new entries.

    Still undetermined goes to the watch list. Raises Refused when nobody has answered a second survey.
    """
    if entry.colour != Colour.UNDETERMINED or entry.project_id is None:
        raise Refused(_("%(entry)s is not undetermined.") % {"entry": entry}, code="not-undetermined")
    period = entry.period
    again = entry.project.survey_answers.filter(is_valid=True, pooled_with=period)
    if not again.exists():
        raise Refused(
            _("No answer of a second survey is recorded for %(project)s. Survey it again first.")
            % {"project": entry.project},
            code="not-surveyed",
        )
    return correct_results(
        period=period,
        projects=[entry.project],
        reason=_("second survey, answers pooled"),
        resurveyed=True,
        acting_user=acting_user,
    )


def correct_results(
    *,
    period: EvaluationPeriod,
    projects: Sequence[ServiceProject],
    reason: str,
    resurveyed: bool = False,
    acting_user: User | None,
) -> list[ListEntry]:
    """Recompute the named projects of a closed period from the facts recorded by now; returns the new entries.

    New named entries are proposed: they are confirmed, noticed and may be objected to. Money that follows a
    published result is held until the correction is published. Raises Refused when the period is not closed, a
    reason is missing, an objection to one of the entries is open, or nothing changes.
    """
    moves = _correct(period, projects, reason, resurveyed=resurveyed, acting_user=acting_user)
    return [move.new for move in moves]


@dataclass(frozen=True)
class Move:
    """One subject that a correction moves: its entry as it stands and as it would be."""

    old: ListEntry
    new: ListEntry


class _OnlyLooked(Exception):
    """Takes back what a preview wrote."""


def preview_correction(
    *, period: EvaluationPeriod, projects: Sequence[ServiceProject], acting_user: User | None
) -> list[Move]:
    """Return what a correction of the named projects would move, with nothing saved.

    Raises Refused for the same reasons as `correct_results`.
    """
    moves: list[Move] = []
    try:
        with transaction.atomic():
            moves = _correct(period, projects, _("preview"), resurveyed=False, acting_user=acting_user)
            raise _OnlyLooked
    except _OnlyLooked:
        return moves


def _correct(
    period: EvaluationPeriod,
    projects: Sequence[ServiceProject],
    reason: str,
    *,
    resurveyed: bool,
    acting_user: User | None,
) -> list[Move]:
    district = period.district
    require_role(acting_user, district, Role.EVALUATOR)
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say what was wrong and what shows it."), code="reason-missing")
    refuse_personal_numbers(reason, field=_("reason"))
    keys = sorted(project.pk for project in projects)
    with transaction.atomic(), acting(acting_user, reason):
        District.objects.select_for_update(of=("self",)).get(pk=district.pk)
        period = (
            EvaluationPeriod.objects.select_for_update(of=("self",))
            .select_related("district", "rubric")
            .get(pk=period.pk)
        )
        if period.state != EvaluationPeriod.State.CLOSED:
            raise Refused(
                _("%(period)s is not closed yet: enter the facts, they still count.") % {"period": period},
                code="period-not-closed",
            )
        base = period.runs.filter(state=ClosingRun.State.DONE).order_by("-pk").first()
        known = set(base.subjects.filter(project__in=keys).values_list("project", flat=True))
        missing = [project for project in projects if project.pk not in known]
        if missing:
            raise Refused(
                _("%(project)s was not assessed in %(period)s.") % {"project": missing[0], "period": period},
                code="not-assessed",
            )
        final = Release.objects.filter(period=period, kind=Release.Kind.FINAL).exists()
        run = ClosingRun.objects.create(
            period=period,
            corrects=base,
            cut_offs=_cut_offs(base) if final else None,
            state=ClosingRun.State.DONE,
            started_by=acting_user,
            started_at=business_now(district),
            finished_at=business_now(district),
            projects=base.projects,
            message=reason,
            preceding_of_enterprises=base.preceding_of_enterprises,
            recorded_by=str(acting_user or ""),
        )
        rubric = value_of(period.rubric)
        _write_inputs(run, base, rubric, keys, resurveyed=resurveyed)
        _preceding_of_firms(run, keys)
        run = ClosingRun.objects.select_related("period__rubric").get(pk=run.pk)
        data = load_run(run)
        moves = _replace_entries(run, data, set(keys), acting_user, final=final)
        if not moves:
            raise Refused(
                _("Nothing changes: the facts recorded by now give the same results."), code="no-change"
            )
        grade_by_vetoes(run)
        moved = {move.new.project_id for move in moves if move.new.project_id}
        _write_cards(run, data, moved)
        if final:
            hold_payments(period=period, projects=moved, reason=reason, acting_user=acting_user)
    return moves


def _cut_offs(base: ClosingRun) -> dict[str, Any]:
    """Return the limits of the published list: those that the run before kept, or those that it set."""
    if base.cut_offs is not None:
        return dict(base.cut_offs)
    data = load_run(base)
    return cut_offs_json(published_cut_offs(data.rubric, data.subjects, data.outcome))


def _preceding_of_firms(run: ClosingRun, keys: list[int]) -> None:
    """Keep what the run before found of enterprises; of those of the named projects, read it anew."""
    if run.preceding_of_enterprises is None:
        return
    firms = {str(pk) for pk in run.subjects.filter(project__in=keys).values_list("enterprise", flat=True)}
    kept = {key: told for key, told in run.preceding_of_enterprises.items() if key not in firms}
    for firm in find_enterprises(run):
        if firm.key in firms and (firm.preceding_colour or firm.preceding_tail):
            kept[firm.key] = {
                "preceding_colour": firm.preceding_colour,
                "preceding_tail": firm.preceding_tail,
            }
    run.preceding_of_enterprises = kept
    run.save(update_fields=["preceding_of_enterprises"])


def _write_inputs(
    run: ClosingRun, base: ClosingRun, rubric: RubricValue, keys: list[int], *, resurveyed: bool
) -> None:
    """Write subjects and values of the run: copied from the base, read from the facts for the named projects."""
    parameters: dict[str, Any] = sql_parameters(run.period, run.pk) | {
        "base": base.pk,
        "projects": keys,
        "resurveyed": resurveyed,
        "cutoff": business_now(run.period.district) + dt.timedelta(seconds=1),
    }
    sources = {item.code: item.source for item in rubric.items}
    with connection.cursor() as cursor:
        cursor.execute(SUBJECTS, parameters)
        cursor.execute(OTHER_VALUES, parameters)
        for code, source in sources.items():
            cursor.execute(indicator_of(source).insert_sql(only_projects=True), {**parameters, "item": code})


def _replace_entries(
    run: ClosingRun, data: RunData, keys: set[int], acting_user: User | None, *, final: bool
) -> list[Move]:
    """Make a new entry where a result changed and withdraw the old one; returns old and new."""
    period = run.period
    rows = ListEntry.objects.select_for_update(of=("self",)).filter(period=period)
    current = list(rows.exclude(state=State.WITHDRAWN).order_by("pk"))
    firms = {e.enterprise_id for e in current if e.project_id in keys}
    moves: list[Move] = []
    for old in current:
        of_project = old.level == Level.PROJECT
        if final and not (old.project_id in keys if of_project else old.enterprise_id in firms):
            continue
        key = str(old.project_id if of_project else old.enterprise_id)
        standings = data.outcome.standings if of_project else data.outcome.enterprise_standings
        card = data.outcome.cards[key] if of_project else data.outcome.enterprise_cards[key]
        new = _entry(run, old, standings[key], card, acting_user)
        if _same(old, new, data.rubric, ranks=not final):
            continue
        _withdraw(old, run, acting_user)
        moves.append(Move(old, new))
    for move in moves:
        move.new.save(force_insert=True)
    return moves


def _entry(
    run: ClosingRun, old: ListEntry, standing: Standing, card: Card | EnterpriseCard, user: User | None
) -> ListEntry:
    named = str(standing.colour) in NAMED_COLOURS
    return ListEntry(
        period=run.period,
        run=run,
        level=old.level,
        project_id=old.project_id,
        enterprise_id=old.enterprise_id,
        total=card.total,
        band=card.band,
        place=str(standing.place),
        rank=standing.rank,
        ranked=standing.ranked,
        projects=getattr(card, "projects", 1),
        colour=str(standing.colour),
        reasons=[reason.as_json() for reason in standing.reasons],
        tail=standing.tail,
        severity=old.severity,
        state=State.PROPOSED if named else State.CONFIRMED,
        recorded_at=business_now(run.period.district),
        recorded_by=str(user or ""),
    )


def _same(old: ListEntry, new: ListEntry, rubric: RubricValue, *, ranks: bool) -> bool:
    total = None if old.total is None else old.total.quantize(rubric.quantum)
    same = (old.colour, total, old.place) == (new.colour, new.total, new.place)
    if ranks:
        return same and (old.reasons, old.rank, old.ranked) == (new.reasons, new.rank, new.ranked)
    # Published limits are told in other words than places are; they are the same ground.
    return same and _grounds(old) == _grounds(new)


PUBLISHED_WORDS = {"first_places": "published_first", "last_places_twice": "published_last_twice"}


def _grounds(entry: ListEntry) -> set[tuple[str, str]]:
    codes = [(reason["code"], reason.get("veto", "")) for reason in entry.reasons]
    return {(PUBLISHED_WORDS.get(code, code), veto) for code, veto in codes}


def _withdraw(old: ListEntry, run: ClosingRun, user: User | None) -> None:
    """Withdraw an entry that a correction replaces: its credit event ends, its open follow-ups are void."""
    if Objection.objects.open().filter(entry=old).exists():
        raise Refused(
            _("An objection to %(entry)s is open. It is decided before the result is corrected.")
            % {"entry": old},
            code="objection-open",
        )
    require_move(ENTRY_MOVES, old.state, State.WITHDRAWN, what=old)
    old.state = State.WITHDRAWN
    old.save(update_fields=["state"])
    end_events_of_entry(
        entry=old, reason=CreditEventEnd.Reason.WITHDRAWN, evidence=run.message, acting_user=user
    )
    void_follow_ups(old)
    write_pages_anew(old)


def _write_cards(run: ClosingRun, data: RunData, projects: set[int]) -> None:
    """Write cards and lines of the projects that moved, for those who read them line by line."""
    codes = [item.code for item in data.rubric.items]
    with connection.cursor() as cursor:
        for subject in data.subjects:
            if int(subject.key) not in projects:
                continue
            card = data.outcome.cards[subject.key]
            cursor.execute(
                "INSERT INTO evaluations_scorecard (run_id, project_id, enterprise_id, total, band, satisfaction_valid) "
                "VALUES (%s, %s, %s, %s, %s, %s)",
                [
                    run.pk,
                    int(subject.key),
                    int(subject.enterprise),
                    card.total,
                    card.band,
                    card.satisfaction_valid,
                ],
            )
            for code, line in zip(codes, card.lines, strict=True):
                cursor.execute(
                    "INSERT INTO evaluations_scoreline (run_id, project_id, item, points, status) "
                    "VALUES (%s, %s, %s, %s, %s)",
                    [run.pk, int(subject.key), code, line.points, str(line.status)],
                )
