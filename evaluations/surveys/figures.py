"""Satisfaction with what stands beside it: valid n, response rate, 95 % interval, channels. One query for a page.

Below the least number there is no share and no interval: "no score", never zero.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.indicators import REGISTRY
from evaluations.models import ClosingRun, IndicatorValue, Subject, SurveyAnswer, SurveySample
from evaluations.scoring.transforms import needed_answers
from evaluations.scoring.wilson import interval
from evaluations.services.rubrics import value_of
from evaluations.services.run_data import sql_parameters
from redprop.common.rounding import quantize

TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Figure:
    """Satisfaction of one project. `needed`: valid answers without which there is no score; None: not asked."""

    satisfied: int
    valid: int
    needed: int
    population: int | None
    drawn: int | None = None
    channels: dict[str, int] = field(default_factory=dict)
    imported: int = 0

    @property
    def enough(self) -> bool:
        """Whether there are enough valid answers for a score."""
        return self.valid >= max(1, self.needed)

    @property
    def share(self) -> Decimal | None:
        """Satisfied of valid answers, as a share of 1."""
        return Decimal(self.satisfied) / self.valid if self.enough else None

    @property
    def bounds(self) -> tuple[Decimal, Decimal] | None:
        """The 95 % interval of the share."""
        if not self.enough:
            return None
        return interval(Decimal(self.satisfied), Decimal(self.valid), self.population)

    @property
    def response(self) -> Decimal | None:
        """Valid answers of the households drawn; None where none were drawn."""
        return Decimal(self.valid - self.imported) / self.drawn if self.drawn else None

    def facts(self) -> list[tuple[Any, str]]:
        """The figure as labels and values, for a panel."""
        return [
            (gettext_lazy("satisfied"), self.share_text),
            (gettext_lazy("valid answers"), f"{self.valid} / {self.needed}"),
            (gettext_lazy("response rate"), self.response_text),
            (gettext_lazy("confidence interval"), self.interval_text),
            (gettext_lazy("channels"), self.channels_text),
        ]

    @property
    def share_text(self) -> str:
        """The share with one place, or why there is none."""
        return _("no score: too few answers") if self.share is None else percent(self.share)

    @property
    def interval_text(self) -> str:
        """Such as 61.2–80.4 %."""
        if self.bounds is None:
            return "–"
        low, high = self.bounds
        return f"{percent(low)[:-2]}–{percent(high)}"

    @property
    def response_text(self) -> str:
        """The response rate, or a dash."""
        return "–" if self.response is None else percent(self.response)

    @property
    def channels_text(self) -> str:
        """How the answers came, most first; those from files apart."""
        names = dict(SurveyAnswer.Channel.choices)
        parts = [
            f"{names.get(code, code)} {count}"
            for code, count in sorted(self.channels.items(), key=lambda item: (-item[1], item[0]))
        ]
        if self.imported:
            parts.append(_("of these from files %(count)s") % {"count": self.imported})
        return "、".join(parts) or "–"


def percent(share: Decimal) -> str:
    """Return 83.9 % with one place."""
    return f"{quantize(share * 100, TENTH):f} %"


def of_sample(row: Any) -> Figure:
    """Return the figure of a sample read `with_answers` and with its round (no query)."""
    found: dict[str, list[int]] = row.by_channel or {}
    return Figure(
        satisfied=sum(yes for _n, yes in found.values()),
        valid=sum(n for n, _yes in found.values()),
        needed=min(row.round.min_valid, row.population),
        population=row.population,
        drawn=row.drawn,
        channels={channel: n for channel, (n, _yes) in found.items()},
    )


def with_figures(samples: Iterable[Any]) -> list[Any]:
    """Give each sample its `figure`."""
    rows = list(samples)
    for row in rows:
        row.figure = of_sample(row)
    return rows


def of_card(run: ClosingRun, project_id: int) -> Figure | None:
    """Return the satisfaction as a run counted it for a project; None without such an item (five queries)."""
    rubric = value_of(run.period.rubric)
    item = next((one for one in rubric.items if one.source == "satisfaction"), None)
    if item is None:
        return None
    value = IndicatorValue.objects.filter(run_id=run.pk, project_id=project_id, item=item.code).first()
    subject = (
        Subject.objects.filter(run_id=run.pk, project_id=project_id)
        .values("households", "resurveyed")
        .first()
    )
    if subject is None:
        return None
    population = subject["households"] or None
    samples = SurveySample.objects.filter(round__period=run.period_id, project=project_id)
    if not subject["resurveyed"]:
        samples = samples.exclude(round__kind="again")
    indicator = REGISTRY["satisfaction"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT f.label, count(*), count(*) FILTER (WHERE a.round_id IS NULL) FROM ({indicator.facts}) f "
            "JOIN evaluations_surveyanswer a ON a.id = f.source_id "
            "WHERE f.project_id = %(project)s GROUP BY f.label",
            {**sql_parameters(run.period, run.pk), "project": project_id},
        )
        by_channel = cursor.fetchall()
    return Figure(
        satisfied=int(value.numerator or 0) if value else 0,
        valid=(value.n or 0) if value else 0,
        needed=needed_answers(item, population),
        population=population,
        drawn=samples.aggregate(drawn=Sum("drawn"))["drawn"],
        channels={label: count for label, count, _files in by_channel},
        imported=sum(files for _label, _count, files in by_channel),
    )


def by_dimension(samples: Iterable[SurveySample]) -> list[dict[str, Any]]:
    """Return mean mark and share of 4 and 5 for each question of the samples' rounds (two queries)."""
    rows = list(samples)
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT q.text, q.position, count(*), avg(m.value::int), "
            "count(*) FILTER (WHERE m.value::int >= 4) "
            "FROM evaluations_surveyanswer a CROSS JOIN LATERAL jsonb_each_text(a.marks) m "
            "JOIN evaluations_surveyquestion q ON q.round_id = a.round_id AND q.code = m.key "
            "WHERE a.is_valid AND (a.round_id, a.project_id) IN "
            "(SELECT * FROM unnest(%s::bigint[], %s::bigint[])) "
            "GROUP BY q.text, q.position ORDER BY q.position",
            [[row.round_id for row in rows], [row.project_id for row in rows]],
        )
        return [
            {"text": text, "n": n, "mean": f"{mean:.2f}", "share": percent(Decimal(yes) / n)}
            for text, _position, n, mean, yes in cursor.fetchall()
        ]
