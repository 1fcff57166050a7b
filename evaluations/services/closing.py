"""The work of closing: parts of a run, each done whole or not at all, by whichever worker comes first.

A part is claimed by a conditional UPDATE inside the transaction that does its work: a worker that
is killed loses the transaction, and the part is free again at once. Values and lines are unique by
run, project and item, so nothing can be written twice. Every stage waits until the one before is
done.
"""

import datetime as dt
import json
import logging
import socket
import time
from collections.abc import Callable
from decimal import Decimal
from os import getpid
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext as _

from evaluations.indicators import indicator_of, write_values
from evaluations.models import ClosingChunk, ClosingRun, EvaluationPeriod, ListEntry
from evaluations.scoring import evaluate as pure
from evaluations.scoring.listing import NAMED, Standing
from evaluations.scoring.rubric import Rubric as RubricValue
from evaluations.scoring.transforms import Value
from evaluations.services.periods import HELPERS
from evaluations.services.rubrics import value_of
from evaluations.services.run_data import (
    load_cards,
    load_enterprises,
    load_subjects,
    quarter_numbers,
    quarter_totals_of,
    sql_parameters,
)
from evaluations.services.severity import grade_by_vetoes
from evaluations.services.subjects import write_subjects
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.common.errors import Refused
from redprop.common.queue import send_now

logger = logging.getLogger(__name__)

LARGEST_RANGE = 4000
SMALLEST_RANGE = 50
RANGES = 8
"""Cards are cut into about so many ranges of projects, within the two sizes above."""

CLAIM = """
UPDATE evaluations_closingchunk SET is_done = true, done_at = now(), worker = %(worker)s
WHERE id = (
  SELECT c.id FROM evaluations_closingchunk c
  JOIN evaluations_closingrun r ON r.id = c.run_id
  WHERE c.run_id = %(run)s AND NOT c.is_done AND r.state = 'running'
    AND NOT EXISTS (SELECT 1 FROM evaluations_closingchunk e
                    WHERE e.run_id = c.run_id AND e.stage < c.stage AND NOT e.is_done)
  ORDER BY c.stage, c.number LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
AND NOT is_done
RETURNING id, stage, number, item, first_project, last_project
"""


class Work:
    """One worker on one run: the run as it is now, and a scorer that remembers what it has computed."""

    def __init__(self, run: ClosingRun) -> None:
        self.run = run
        self._scorer: pure.Scorer | None = None

    @property
    def scorer(self) -> pure.Scorer:
        """The scorer under the period's rubric, which is frozen while the period closes."""
        if self._scorer is None:
            quarters = quarter_numbers(self.run.period)
            self._scorer = pure.Scorer(value_of(self.run.period.rubric), quarters)
        return self._scorer


def work_on_run(run_id: int) -> None:
    """Do the parts of the run that are free until none is left. Safe to run twice and at once."""
    found = ClosingRun.objects.select_related("period__district", "period__rubric", "started_by")
    run = found.filter(pk=run_id).first()
    if run is None:
        return  # a message older than the database
    work = Work(run)
    while _do_one(work):
        pass


def run_inline(run: ClosingRun) -> ClosingRun:
    """Do the whole run in this process and return it (for commands without a worker, and for tests)."""
    work_on_run(run.pk)
    run.refresh_from_db()
    return run


def wait_for(
    run: ClosingRun,
    *,
    seconds: float,
    seen: Callable[[ClosingRun], None] = lambda run: None,
    patience: float = 60,
) -> ClosingRun:
    """Return the run when it has ended. The work goes on by itself when the waiting ends.

    Raises Refused after `seconds`, or when no part was finished for `patience` seconds (no worker).
    """
    start = moved = time.monotonic()
    done = -1
    while True:
        run.refresh_from_db()
        seen(run)
        if run.state != ClosingRun.State.RUNNING:
            return run
        now, before = time.monotonic(), done
        done = run.chunks.filter(is_done=True).count()
        if done != before:
            moved = now
        if now - moved > patience:
            raise Refused(
                _(
                    "No part of the closing was finished for %(seconds)s seconds. Start a Celery worker; the closing goes on where it stands."
                )
                % {"seconds": int(patience)},
                code="no-worker",
            )
        if now - start > seconds:
            raise Refused(
                _(
                    "The closing is not finished after %(seconds)s seconds. It goes on by itself when a worker runs; see “period status”."
                )
                % {"seconds": int(seconds)},
                code="still-running",
            )
        time.sleep(0.2)


def _do_one(work: Work) -> bool:
    """Claim and do one part in one transaction; return whether there was one."""
    run_id = work.run.pk
    try:
        with transaction.atomic():
            chunk = _claim(run_id)
            if chunk is None:
                return False
            STEPS[chunk["stage"]](work, chunk)
    except (OperationalError, InterfaceError, psycopg.OperationalError):
        raise  # the connection or a lock, also within COPY, whose errors are not Django's: the part is free again, the sweeper calls for it
    except Exception as error:
        logger.exception("closing run %s failed", run_id)
        ClosingRun.objects.filter(pk=run_id, state=ClosingRun.State.RUNNING).update(
            state=ClosingRun.State.FAILED, message=str(error)[:2000], finished_at=dt.datetime.now(dt.UTC)
        )
        raise
    _call_helpers(run_id, chunk)
    return True


def _claim(run_id: int) -> dict[str, Any] | None:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"run": run_id, "worker": f"{socket.gethostname()}:{getpid()}"})
        row = cursor.fetchone()
        names = [column.name for column in cursor.description]
    return dict(zip(names, row, strict=True)) if row else None


def _call_helpers(run_id: int, chunk: dict[str, Any]) -> None:
    """After the projects are known, and after the last value, call other workers for the parts now free."""
    free = ClosingChunk.objects.filter(run=run_id, is_done=False, stage__lte=chunk["stage"] + 1)
    if chunk["stage"] == ClosingChunk.Stage.SUBJECTS or (
        chunk["stage"] == ClosingChunk.Stage.VALUES and not free.filter(stage=chunk["stage"]).exists()
    ):
        send_now("evaluations.tasks.work_on_run", run_id, times=min(HELPERS, free.count() - 1))


# ---- the four stages ---------------------------------------------------------------------------


def _write_subjects(work: Work, chunk: dict[str, Any]) -> None:
    run = work.run
    count = write_subjects(sql_parameters(run.period, run.pk))
    if count == 0:
        raise Refused(
            _(
                "No project of %(district)s served a compound in %(period)s. Enter contracts and their compounds first."
            )
            % {"district": run.period.district, "period": run.period.value.label},
            code="no-projects",
        )
    size = min(LARGEST_RANGE, max(SMALLEST_RANGE, -(-count // RANGES)))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO evaluations_closingchunk (run_id, stage, number, item, first_project, last_project, is_done, worker)
            SELECT %(run)s, %(stage)s, part + 1, '', min(project_id), max(project_id), false, ''
            FROM (SELECT project_id, (row_number() OVER (ORDER BY project_id) - 1) / %(size)s AS part
                  FROM evaluations_subject WHERE run_id = %(run)s) numbered GROUP BY part""",
            {"run": run.pk, "stage": int(ClosingChunk.Stage.CARDS), "size": size},
        )
        cursor.execute("ANALYZE evaluations_subject")
    ClosingRun.objects.filter(pk=run.pk).update(projects=count)


def _write_values(work: Work, chunk: dict[str, Any]) -> None:
    run = work.run
    source = run.period.rubric.items.get(code=chunk["item"]).source
    write_values(indicator_of(source), chunk["item"], sql_parameters(run.period, run.pk))


def _write_cards(work: Work, chunk: dict[str, Any]) -> None:
    run = work.run
    scorer = work.scorer
    bounds = {"run": run.pk, "first": chunk["first_project"], "last": chunk["last_project"]}
    values = _values_by_project(scorer.rubric, bounds)
    endings: list[dict[int, str]] = [{} for _item in scorer.rubric.items]
    codes = [item.code for item in scorer.rubric.items]
    lines: list[str] = []
    cards: list[str] = []
    nothing: list[Value | None] = [None] * len(codes)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT project_id, enterprise_id, households, quarter_totals FROM evaluations_subject "
            "WHERE run_id = %(run)s AND project_id BETWEEN %(first)s AND %(last)s ORDER BY project_id",
            bounds,
        )
        for project, enterprise, households, totals in cursor.fetchall():
            subject = pure.Subject(
                str(project), population=households or None, quarter_totals=quarter_totals_of(totals)
            )
            card = scorer.card(subject, values.get(project, nothing))
            start = f"{run.pk}\t{project}\t"
            for i, line in enumerate(card.lines):
                ending = endings[i].get(id(line))
                if ending is None:
                    points = "\\N" if line.points is None else str(line.points)
                    ending = endings[i][id(line)] = f"{codes[i]}\t{points}\t{line.status}\n"
                lines.append(start + ending)
            total = "\\N" if card.total is None else str(card.total)
            valid = "t" if card.satisfaction_valid else "f"
            cards.append(f"{run.pk}\t{project}\t{enterprise}\t{total}\t{card.band}\t{valid}\n")
        with cursor.copy(
            "COPY evaluations_scorecard (run_id, project_id, enterprise_id, total, band, satisfaction_valid) FROM STDIN"
        ) as copy:
            copy.write("".join(cards))
        with cursor.copy(
            "COPY evaluations_scoreline (run_id, project_id, item, points, status) FROM STDIN"
        ) as copy:
            copy.write("".join(lines))


def _values_by_project(rubric: RubricValue, bounds: dict[str, int]) -> dict[int, list[Value | None]]:
    """Return the values of a range of projects, each list in the order of the rubric's items (one query)."""
    index = {item.code: i for i, item in enumerate(rubric.items)}
    width = len(rubric.items)
    found: dict[int, list[Value | None]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT project_id, item, numerator, denominator, n FROM evaluations_indicatorvalue "
            "WHERE run_id = %(run)s AND project_id BETWEEN %(first)s AND %(last)s",
            bounds,
        )
        for project, item, numerator, denominator, n in cursor.fetchall():
            row = found.get(project)
            if row is None:
                row = found[project] = [None] * width
            row[index[item]] = Value(numerator, denominator, n)
    return found


def _write_lists(work: Work, chunk: dict[str, Any]) -> None:
    run = work.run
    period = run.period
    scorer = work.scorer
    subjects, enterprises, cards = load_subjects(run), load_enterprises(run), load_cards(run, scorer.rubric)
    outcome = pure.evaluate(
        scorer.rubric, subjects, enterprises, {}, cards=cards, upper=_upper(run, scorer, subjects, cards)
    )
    now = business_now(period.district)
    columns = (
        "period_id, run_id, level, project_id, enterprise_id, total, band, place, rank, ranked, projects, colour, "
        "reasons, tail, state, remark, recorded_at, recorded_by"
    )
    by = str(run.started_by or "")

    def row(
        level: str,
        project: int | None,
        enterprise: int,
        total: Decimal | None,
        band: str,
        projects: int,
        s: Standing,
    ) -> tuple[Any, ...]:
        # Only what will be named under a colour is proposed to a person.
        state = ListEntry.State.PROPOSED if s.colour in NAMED else ListEntry.State.CONFIRMED
        reasons = json.dumps([reason.as_json() for reason in s.reasons], ensure_ascii=False)
        return (
            period.pk,
            run.pk,
            level,
            project,
            enterprise,
            total,
            band,
            str(s.place),
            s.rank,
            s.ranked,
            projects,
            str(s.colour),
            reasons,
            s.tail,
            str(state),
            "",
            now,
            by,
        )

    rows = [
        row("project", int(s.key), int(s.enterprise), card.total, card.band, 1, outcome.standings[s.key])
        for s in subjects
        for card in (outcome.cards[s.key],)
    ]
    rows += [
        row(
            "enterprise",
            None,
            int(key),
            card.total,
            card.band,
            card.projects,
            outcome.enterprise_standings[key],
        )
        for key, card in outcome.enterprise_cards.items()
    ]
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY evaluations_listentry ({columns}) FROM STDIN") as copy,
    ):
        for values in rows:
            copy.write_row(values)
    grade_by_vetoes(run)
    with acting(run.started_by, f"close {period.code}"):
        period.state, period.closed_at, period.closed_by = EvaluationPeriod.State.CLOSED, now, run.started_by
        period.save(update_fields=["state", "closed_at", "closed_by"])
    ClosingRun.objects.filter(pk=run.pk).update(
        state=ClosingRun.State.DONE,
        finished_at=now,
        preceding_of_enterprises={
            firm.key: {"preceding_colour": firm.preceding_colour, "preceding_tail": firm.preceding_tail}
            for firm in enterprises
            if firm.preceding_colour or firm.preceding_tail
        },
    )


STEPS = {
    ClosingChunk.Stage.SUBJECTS: _write_subjects,
    ClosingChunk.Stage.VALUES: _write_values,
    ClosingChunk.Stage.CARDS: _write_cards,
    ClosingChunk.Stage.LISTS: _write_lists,
}


def _upper(
    run: ClosingRun, scorer: pure.Scorer, subjects: list[pure.Subject], cards: dict[str, pure.Card]
) -> Callable[[str], Decimal | None]:
    """Return the total with satisfaction at its upper bound by key; low totals are read together, others alone."""
    by_key = {subject.key: subject for subject in subjects}
    rule = scorer.rubric.list_rule
    limit = max((x for x in (rule.black_min, rule.watch_max) if x is not None), default=Decimal(0))
    low = [int(key) for key, card in cards.items() if card.total is not None and card.total < limit]
    known: dict[str, Decimal | None] = {}

    def read(keys: list[int]) -> None:
        values: dict[int, list[Value | None]] = {}
        index = {item.code: i for i, item in enumerate(scorer.rubric.items)}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT project_id, item, numerator, denominator, n FROM evaluations_indicatorvalue "
                "WHERE run_id = %s AND project_id = ANY(%s)",
                [run.pk, keys],
            )
            for project, item, numerator, denominator, n in cursor.fetchall():
                row = values.setdefault(project, [None] * len(index))
                row[index[item]] = Value(numerator, denominator, n)
        satisfaction = index.get(scorer.rubric.satisfaction_item or "")
        for key in keys:
            row = values.get(key, [None] * len(index))
            subject = by_key[str(key)]
            card = scorer.card(subject, row)
            value = None if satisfaction is None else row[satisfaction]
            known[str(key)] = scorer.upper_total(subject, card, value)

    def upper(key: str) -> Decimal | None:
        if not known and low:
            read(low)
        if key not in known:
            read([int(key)])
        return known[key]

    return upper
