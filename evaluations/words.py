"""Rules and reasons in words, in the language of the moment. Used by pages, releases and the admin alike."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from evaluations.models.findings import Veto
from evaluations.scoring.rubric import Item, Kind, Missing, number


def rule_text(item: Item) -> str:
    """Return how the item's value becomes points, as one or two sentences."""
    return f"{_transform_text(item)} {_missing_text(item)}".strip()


def _transform_text(item: Item) -> str:
    transform, points = item.transform, number(item.points)
    if transform.kind is Kind.LINEAR:
        if transform.zero_at == 0 and transform.full_at == 1:
            return _("%(points)s points × the share reached.") % {"points": points}
        return _(
            "%(points)s points from a share of %(full)s, none up to %(zero)s, in between in proportion."
        ) % {
            "points": points,
            "full": percent(transform.full_at),
            "zero": percent(transform.zero_at),
        }
    if transform.kind is Kind.MEAN:
        return _("%(points)s points × the mean mark on the scale %(low)s to %(high)s.") % {
            "points": points,
            "low": number(transform.low),
            "high": number(transform.high),
        }
    if transform.kind is Kind.BANDS:
        bands = "；".join(
            _("from %(lower)s: %(points)s") % {"lower": number(b.lower), "points": number(b.points)}
            for b in transform.bands
        )
        return _("Points by bands (%(bands)s; below that none).") % {"bands": bands}
    if transform.kind is Kind.DEDUCTION:
        return _("%(points)s points less %(each)s for each time, not below %(floor)s.") % {
            "points": points,
            "each": number(transform.per_event),
            "floor": number(transform.floor),
        }
    return _("%(each)s points for each time, at most %(points)s.") % {
        "each": number(transform.per_event),
        "points": points,
    }


def _missing_text(item: Item) -> str:
    few = _("Fewer than %(n)s valid answers are no score.") % {"n": item.min_n} if item.min_n else ""
    without = {
        Missing.LEAVE: _("Without a value the item leaves the denominator."),
        Missing.ZERO: _("Without a value it is zero."),
        Missing.BLOCK: _("Without a value there is no total."),
    }[item.missing]
    return f"{few} {without}".strip()


def percent(share: Decimal) -> str:
    """Return a share of 1 as percent: 0.9 → 90 %."""
    return f"{number(share * 100)} %"


def reason_text(reason: Mapping[str, str]) -> str:
    """Return the sentence of one reason of a list result."""
    code = reason.get("code", "")
    if code == "veto":
        ground = reason.get("veto", "")
        label = dict(Veto.Code.choices).get(ground, ground)
        return _("Veto: %(ground)s.") % {"ground": label}
    texts = {
        "reaches_red": _("Total %(total)s, at or above the limit of the red list, %(limit)s."),
        "first_places": _("Rank %(rank)s of %(ranked)s, among the first %(first)s."),
        "below_black": _("Total %(total)s, below the limit of the black list, %(limit)s."),
        "below_watch": _("Total %(total)s, below the limit of key supervision, %(limit)s."),
        "last_places_twice": _(
            "Among the last %(last)s of %(ranked)s and below the limit of key supervision, in this and the preceding quarter."
        ),
        "published_first": _(
            "Total %(total)s, at or above the published limit of the first places, %(limit)s."
        ),
        "published_last_twice": _(
            "Total %(total)s, at or below the published limit of the last places, %(limit)s, in this and the preceding quarter."
        ),
        "straddles": _(
            "Total %(total)s; with satisfaction at its upper 95 %% bound %(upper)s, which would not be black."
        ),
        "still_undetermined": _("Still undetermined after the second survey."),
        "short_service": _("Served too few days of the quarter: scored, not ranked."),
        "few_projects": _("Too few ranked projects: not ranked."),
        "incomplete": _("No complete score: not ranked."),
        "excluded": _("Excluded from the ranking."),
        "struck": _("Taken off the list: %(why)s"),
    }
    template = texts.get(code)
    if template is None:
        return code
    try:
        return template % reason
    except KeyError:
        return code
