"""Score cards as an enterprise reads them: line by line, and the facts behind each line.

A card is shown from the day its period is first published (notice or final list), so that nobody
knows a result before everybody may object to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Exists, Model, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.models import Commitment, JointMeeting, MeetingAttendance, ResidentRequest
from enterprises.models import CrossAppointment, Graduate
from evaluations.explaining import Loss, losses_of_card
from evaluations.indicators import HAND_MARKS, REGISTRY, Evidence, evidence, indicator_of
from evaluations.models import (
    IndicatorValue,
    ListEntry,
    Release,
    RubricItem,
    Scorecard,
    ScoreLine,
    Subject,
    SurveyAnswer,
)
from evaluations.scoring.distance import Distance
from evaluations.scoring.rubric import Rubric as RubricValue
from evaluations.services.bundles import pseudonym
from evaluations.services.closing import sql_parameters
from evaluations.services.rubrics import value_of
from evaluations.services.run_data import quarter_totals_of
from evaluations.words import reason_text, rule_text
from redprop.accounts.models import User

SHOWN_STATES = (ListEntry.State.NOTICED, ListEntry.State.HELD, ListEntry.State.FINAL)
"""States of an entry in which its list and rank are known to the public."""

AT_ONCE = 6
"""How many lost facts stand under a line of the card."""

LABELS: dict[str, Any] = {
    "joint_meetings": MeetingAttendance.Kind,
    "cross_appointments": CrossAppointment.Body,
    "graduates_employed": Graduate.Degree,
    "satisfaction": SurveyAnswer.Channel,
}
"""Indicators whose facts are named by a code, and what the code means."""


@dataclass(frozen=True)
class Line:
    """One item of a card: points of full points, the raw numbers, what they mean, the rule in words."""

    item: RubricItem
    points: Decimal | None
    status: str
    status_label: str
    numerator: Decimal | None
    denominator: Decimal | None
    n: int | None
    meaning: str
    rule: str
    lost: Decimal = Decimal(0)
    losses: Sequence["Shown"] = ()
    gain: Decimal | None = None

    @property
    def first_losses(self) -> Sequence["Shown"]:
        """The few that stand under the line; the others are on its own page."""
        return self.losses[:AT_ONCE]

    @property
    def raw(self) -> str:
        """The raw numbers as written beside the points."""
        if self.numerator is None:
            return "—"
        top = plain(self.numerator)
        return top if self.denominator is None else f"{top} / {plain(self.denominator)}"


@dataclass(frozen=True)
class Shown:
    """One thing that points were lost for, with the page to open where the user may read it."""

    day: Any
    what: str
    why: str
    points: Decimal
    url: str


@dataclass(frozen=True)
class Fact:
    """One row behind a line."""

    day: Any
    label: str
    numerator: str
    denominator: str
    url: str


def plain(number: Decimal | None) -> str:
    """A number without trailing zeros."""
    if number is None:
        return ""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def cards_for(user: User) -> QuerySet[Scorecard]:
    """Score cards in the user's reach whose period has been published."""
    published = Release.objects.exclude(state=Release.State.DRAFT).values("run")
    newer = Scorecard.objects.filter(
        run__in=published,
        run__period=OuterRef("run__period"),
        project=OuterRef("project"),
        run__gt=OuterRef("run"),
    )
    return (
        Scorecard.objects.for_user(user)
        .filter(~Exists(newer), run__in=published)
        .select_related("project", "enterprise", "run__period__rubric")
    )


def with_places(cards: list[Scorecard]) -> list[Scorecard]:
    """Give each card its list entry where that is public, else None (one query)."""
    entries = {
        (entry.run_id, entry.project_id): entry
        for entry in ListEntry.objects.filter(
            run__in={c.run_id for c in cards},
            project__in={c.project_id for c in cards},
            state__in=SHOWN_STATES,
        )
    }
    for card in cards:
        card.entry = entries.get((card.run_id, card.project_id))
        card.reasons = [reason_text(reason) for reason in card.entry.reasons] if card.entry else []
    return cards


def lines_of(card: Scorecard) -> list[Line]:
    """The lines of a card in the order of its rubric (five queries)."""
    found = {
        row.item: row for row in ScoreLine.objects.filter(run_id=card.run_id, project_id=card.project_id)
    }
    values = {
        row.item: row for row in IndicatorValue.objects.filter(run_id=card.run_id, project_id=card.project_id)
    }
    rubric = card.run.period.rubric
    rules = {item.code: rule_text(item) for item in value_of(rubric).items}
    lines = []
    for item in rubric.items.order_by("position", "pk"):
        row = found.get(item.code)
        lines.append(
            _line(
                item,
                row.points if row else None,
                row.status if row else ScoreLine.Status.MISSING,
                values.get(item.code),
                rules.get(item.code, ""),
            )
        )
    return lines


INSPECTION = "evaluations.Inspection"
OPENED: dict[str, tuple[type[Model], str]] = {
    "communities.Commitment": (Commitment, "desk:commitment"),
    "communities.JointMeeting": (JointMeeting, "desk:meeting"),
    "communities.ResidentRequest": (ResidentRequest, "desk:request"),
}
"""Rows behind a score that have a page at the desk."""


def _line(item: RubricItem, points: Decimal | None, status: str, value: Any, rule: str) -> Line:
    indicator = {**REGISTRY, HAND_MARKS.code: HAND_MARKS}.get(item.source)
    return Line(
        item=item,
        points=points,
        status=status,
        status_label=str(ScoreLine.Status(status).label),
        numerator=value.numerator if value else None,
        denominator=value.denominator if value else None,
        n=value.n if value else None,
        meaning=str(indicator.explanation) if indicator else "",
        rule=rule,
    )


def line_of(item: RubricItem, points: Decimal | None, status: str, value: Any, rubric: RubricValue) -> Line:
    """Return one line that was computed just now, as a page shows it."""
    return _line(item, points, status, value, rule_text(rubric.item(item.code)))


def links_to(
    rows: Iterable[tuple[str, int | None]], user: User, card: Scorecard | None = None
) -> dict[tuple[str, int], str]:
    """Return (model, id) → page of those that the user may read (one query for each kind).

    The inspections behind a published card have a page below it.
    """
    wanted: dict[str, set[int]] = {}
    found: dict[tuple[str, int], str] = {}
    for model, pk in rows:
        if model == INSPECTION and card is not None and pk is not None:
            found[model, pk] = reverse("desk:score-inspection", args=[card.pk, pk])
        if model in OPENED and pk is not None:
            wanted.setdefault(model, set()).add(pk)
    for model, ids in wanted.items():
        kind, page = OPENED[model]
        readable = kind._default_manager.for_user(user).filter(pk__in=ids)  # type: ignore[attr-defined]
        found |= {(model, pk): reverse(page, args=[pk]) for pk in readable.values_list("pk", flat=True)}
    return found


def shown_losses(
    found: Mapping[str, list[Loss]], user: User, card: Scorecard | None = None
) -> dict[str, list[Shown]]:
    """Return item → what was lost, with links where the user may open them."""
    rows_behind = ((one.lost.model, one.lost.source_id) for rows in found.values() for one in rows)
    links = links_to(rows_behind, user, card)
    return {
        item: [
            Shown(
                one.lost.day,
                one.lost.what,
                one.lost.why,
                one.points,
                links.get((one.lost.model, one.lost.source_id or 0), ""),
            )
            for one in rows
        ]
        for item, rows in found.items()
    }


def explained(
    lines: Sequence[Line], card: Scorecard, user: User, only: str = "", away: Distance | None = None
) -> list[Line]:
    """Return the lines with what each lost point was lost for, and (by `away`) what full points there would add."""
    losses = shown_losses(
        losses_of_card(card, {line.item.code: line.points for line in lines}, only), user, card
    )
    return with_losses(lines, losses, away)


def with_losses(
    lines: Sequence[Line], losses: Mapping[str, Sequence[Shown]], found: Distance | None
) -> list[Line]:
    """Return the lines with their losses and gains."""
    gains = {gain.item: gain for gain in found.gains} if found else {}
    return [
        replace(
            line,
            lost=max(line.item.points - line.points, Decimal(0))
            if line.points is not None and line.item.code in losses
            else Decimal(0),
            losses=losses.get(line.item.code, ()),
            gain=gains[line.item.code].gain if line.item.code in gains else None,
        )
        for line in lines
    ]


def targets_in_words(away: Distance, lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return the next bounds above a total, with the lines that would carry it there."""
    titles = {line.item.code: line.item.title for line in lines}
    names = {
        "black": _("out of the limit of the black list"),
        "watch": _("out of key supervision"),
        "red": _("the points of the red list"),
    }
    return [
        {
            "kind": target.kind,
            "title": names.get(target.kind) or _("band “%(title)s”") % {"title": target.title},
            "bound": target.bound,
            "needed": target.needed,
            "lines": [titles[code] for code in target.lines],
        }
        for target in away.targets
    ]


def quarters_of(card: Scorecard) -> list[dict[str, Any]]:
    """Return the final quarter totals that a half-year or a year joins, with their weights; none for a quarter (two queries)."""
    period = card.run.period
    if period.kind == "quarter":
        return []
    rubric = value_of(period.rubric)
    subject = Subject.objects.filter(run=card.run_id, project=card.project_id).first()
    totals = dict(quarter_totals_of(subject.quarter_totals)) if subject else {}
    return [
        {
            "quarter": quarter,
            "total": totals.get(quarter.number),
            "weight": rubric.quarter_weights[quarter.number - 1],
        }
        for quarter in period.value.quarters()
    ]


def release_of(card: Scorecard) -> Release | None:
    """Return the last published release of the card's run: a final list before a notice (one query)."""
    rows = Release.objects.exclude(state=Release.State.DRAFT).filter(run=card.run_id)
    return rows.select_related("district", "period", "run__period__rubric").order_by("-sequence").first()


def pseudonym_in(release: Release | None, card: Scorecard) -> str:
    """Return under which pseudonym the project stands in the bundle of a release; empty without one."""
    return pseudonym(release.pseudonym_key, "project", card.project_id) if release else ""


def facts_behind(card: Scorecard, item: RubricItem, user: User) -> list[Fact]:
    """The rows behind one line, found by the very query that gave its value; linked where the user may read them."""
    indicator = indicator_of(item.source)
    found = evidence(indicator, card.project_id, sql_parameters(card.run.period, card.run_id), item.code)
    return shown_facts(found, indicator.code, user, card)


def shown_facts(
    found: Sequence[Evidence], code: str, user: User, card: Scorecard | None = None
) -> list[Fact]:
    """Return facts in words, linked where the user may read them."""
    links = links_to(((fact.model, fact.source_id) for fact in found), user, card)
    return [
        Fact(
            fact.day,
            _in_words(code, fact.label),
            plain(fact.numerator),
            plain(fact.denominator),
            links.get((fact.model, fact.source_id or 0), ""),
        )
        for fact in found
    ]


def _in_words(code: str, label: str) -> str:
    choices = LABELS.get(code)
    if choices is not None and label in choices.values:
        return str(choices(label).label)
    return label or _("nothing on record")
