"""Score cards as an enterprise reads them: line by line, and the facts behind each line.

A card is shown from the day its period is first published (notice or final list), so that nobody
knows a result before everybody may object to it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from communities.models import Commitment, JointMeeting, MeetingAttendance
from enterprises.models import CrossAppointment, Graduate
from evaluations.indicators import HAND_MARKS, REGISTRY, evidence, indicator_of
from evaluations.models import (
    IndicatorValue,
    ListEntry,
    Release,
    RubricItem,
    Scorecard,
    ScoreLine,
    SurveyAnswer,
)
from evaluations.services.closing import sql_parameters
from evaluations.services.rubrics import value_of
from evaluations.words import reason_text, rule_text
from redprop.accounts.models import User

SHOWN_STATES = (ListEntry.State.NOTICED, ListEntry.State.HELD, ListEntry.State.FINAL)
"""States of an entry in which its list and rank are known to the public."""

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

    @property
    def raw(self) -> str:
        """The raw numbers as written beside the points."""
        if self.numerator is None:
            return "—"
        top = plain(self.numerator)
        return top if self.denominator is None else f"{top} / {plain(self.denominator)}"


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
        row, value = found.get(item.code), values.get(item.code)
        indicator = {**REGISTRY, HAND_MARKS.code: HAND_MARKS}.get(item.source)
        lines.append(
            Line(
                item=item,
                points=row.points if row else None,
                status=row.status if row else ScoreLine.Status.MISSING,
                status_label=row.get_status_display() if row else str(ScoreLine.Status.MISSING.label),
                numerator=value.numerator if value else None,
                denominator=value.denominator if value else None,
                n=value.n if value else None,
                meaning=str(indicator.explanation) if indicator else "",
                rule=rules.get(item.code, ""),
            )
        )
    return lines


def facts_behind(card: Scorecard, item: RubricItem, user: User) -> list[Fact]:
    """The rows behind one line, found by the very query that gave its value; linked where the user may read them."""
    indicator = indicator_of(item.source)
    found = evidence(indicator, card.project_id, sql_parameters(card.run.period, card.run_id), item.code)
    ids = {fact.source_id for fact in found if fact.source_id}
    readable: dict[int, str] = {}
    if indicator.model == "communities.Commitment":
        pks = Commitment.objects.for_user(user).filter(pk__in=ids).values_list("pk", flat=True)
        readable = {pk: reverse("desk:commitment", args=[pk]) for pk in pks}
    elif indicator.model == "communities.JointMeeting":
        pks = JointMeeting.objects.for_user(user).filter(pk__in=ids).values_list("pk", flat=True)
        readable = {pk: reverse("desk:meeting", args=[pk]) for pk in pks}
    return [
        Fact(
            fact.day,
            _in_words(indicator.code, fact.label),
            plain(fact.numerator),
            plain(fact.denominator),
            readable.get(fact.source_id or 0, ""),
        )
        for fact in found
    ]


def _in_words(code: str, label: str) -> str:
    choices = LABELS.get(code)
    if choices is not None and label in choices.values:
        return str(choices(label).label)
    return label or _("nothing on record")
