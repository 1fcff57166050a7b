"""Rubrics between rows and values: reading one for scoring, recording one, checking one."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.indicators import REGISTRY
from evaluations.models import Rubric, RubricBand, RubricItem
from evaluations.models.rubrics import TERMS
from evaluations.scoring import rubric as pure
from evaluations.scoring.problems import NotUsable, Problem
from evaluations.scoring.sample import SAMPLE, TOTALS
from evaluations.scoring.validation import problems
from evaluations.services.access import require_role
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common.errors import Refused


def translated(problem: Problem) -> str:
    """Return the sentence of a problem in the language of the moment."""
    return _(problem.template) % problem.values


def value_of(rubric: Rubric) -> pure.Rubric:
    """Return the rubric as a value (two queries). Raises Refused when its JSON cannot be read."""
    data = {
        "code": rubric.code,
        "version": rubric.version,
        "title": rubric.title,
        "document": rubric.document,
        "total_scale": pure.number(rubric.total_scale),
        "rounding": {"quantum": pure.number(rubric.quantum), "mode": rubric.mode},
        "min_available": pure.number(rubric.min_available),
        "cap_total": rubric.cap_total,
        "rollup": rubric.rollup,
        "rank_groups": rubric.rank_groups,
        "satisfaction_item": rubric.satisfaction_item or None,
        "own_share": pure.number(rubric.own_share),
        "quarter_weights": rubric.quarter_weights,
        "bands": [
            {"lower": pure.number(band.lower), "code": band.code, "title": band.title}
            for band in rubric.bands.order_by("-lower")
        ],
        "list_rule": rubric.list_rule,
        "enterprise_rule": rubric.enterprise_rule,
        "items": [
            {
                "code": item.code,
                "title": item.title,
                "points": pure.number(item.points),
                "pillar": item.pillar,
                "level": item.level,
                "source": item.source,
                "missing": item.missing,
                "min_n": str(item.min_n),
                "transform": item.transform,
            }
            for item in rubric.items.order_by("position", "pk")
        ],
    }
    try:
        return pure.from_json(data)
    except NotUsable as wrong:
        raise Refused(translated(wrong.problem), code=wrong.problem.code) from None


def require_sound(value: pure.Rubric) -> None:
    """Raise Refused with every problem of the rubric, one sentence after the other."""
    found = problems(value, frozenset(REGISTRY))
    sentences = [translated(problem) for problem in found]
    if sentences:
        raise Refused(
            _("The rubric %(title)s %(version)s cannot be used: %(problems)s")
            % {"title": value.title, "version": value.version, "problems": " ".join(sentences)},
            code=found[0].code,
        )


def record_rubric(
    *,
    district: District,
    value: pure.Rubric,
    valid_from: dt.date,
    is_sample: bool = False,
    period_kind: str = Rubric.PeriodKind.QUARTER,
    terms: Mapping[str, int] | None = None,
    acting_user: User | None,
) -> Rubric:
    """Record the rubric as rows; it may still be unsound, closing checks it. Raises Refused when its version exists.

    `terms` are working days by field (`models.rubrics.TERMS`); what is not named stays at its default.
    """
    require_role(acting_user, district, Role.EVALUATOR)
    with transaction.atomic(), acting(acting_user, f"rubric {value.code} {value.version}"):
        if Rubric.objects.filter(district=district, code=value.code, version=value.version).exists():
            raise Refused(
                _("Version %(version)s of the rubric %(code)s is already recorded. Use a new version.")
                % {"version": value.version, "code": value.code},
                code="rubric-exists",
            )
        data = pure.to_json(value)
        rubric = Rubric.objects.create(
            district=district,
            code=value.code,
            version=value.version,
            title=value.title,
            document=value.document,
            is_sample=is_sample,
            period_kind=period_kind,
            valid_from=valid_from,
            total_scale=value.total_scale,
            quantum=value.quantum,
            mode=value.mode,
            min_available=value.min_available,
            cap_total=value.cap_total,
            rollup=value.rollup,
            rank_groups=value.rank_groups,
            satisfaction_item=value.satisfaction_item or "",
            own_share=value.own_share,
            quarter_weights=data["quarter_weights"],
            list_rule=data["list_rule"],
            enterprise_rule=data["enterprise_rule"],
            recorded_by=str(acting_user or ""),
            **(terms or {}),
        )
        by = str(acting_user or "")
        RubricItem.objects.bulk_create(
            RubricItem(
                rubric=rubric,
                position=position,
                code=item.code,
                title=item.title,
                pillar=item.pillar,
                points=item.points,
                level=item.level,
                source=item.source,
                transform=pure.transform_to_json(item.transform),
                missing=item.missing,
                min_n=item.min_n,
                recorded_by=by,
            )
            for position, item in enumerate(value.items, 1)
        )
        RubricBand.objects.bulk_create(
            RubricBand(
                rubric=rubric, lower=Decimal(band.lower), code=band.code, title=band.title, recorded_by=by
            )
            for band in value.bands
        )
    return rubric


def copy_rubric(*, rubric: Rubric, version: str, acting_user: User | None) -> Rubric:
    """Record the rubric again as a new version, in force from today, to be changed before it is used."""
    version = version.strip()
    if not version or len(version) > 20:
        raise Refused(_("Give the new version a short name of at most 20 characters."), code="version")
    return record_rubric(
        district=rubric.district,
        value=replace(value_of(rubric), version=version),
        valid_from=business_today(rubric.district),
        period_kind=rubric.period_kind,
        is_sample=rubric.is_sample,
        terms={name: getattr(rubric, name) for name in TERMS},
        acting_user=acting_user,
    )


def load_sample(
    *,
    district: District,
    acting_user: User | None,
    valid_from: dt.date = dt.date(2017, 1, 1),
    period_kind: str = Rubric.PeriodKind.QUARTER,
) -> Rubric:
    """Return the district's sample rubric for periods of that kind, recorded if it is not there yet."""
    value = (
        SAMPLE if period_kind == Rubric.PeriodKind.QUARTER else replace(TOTALS, version=f"1-{period_kind}")
    )
    existing = Rubric.objects.filter(district=district, code=value.code, version=value.version).first()
    return existing or record_rubric(
        district=district,
        value=value,
        valid_from=valid_from,
        is_sample=True,
        period_kind=period_kind,
        acting_user=acting_user,
    )


def rubric_for(district: District, day: dt.date, period_kind: str) -> Rubric:
    """Return the district's newest rubric in force on `day`; raises Refused when there is none."""
    found = (
        Rubric.objects.filter(district=district, period_kind=period_kind, valid_from__lte=day)
        .order_by("-valid_from", "-pk")
        .first()
    )
    if found is None:
        raise Refused(
            _(
                "%(district)s has no rubric in force on %(day)s. Record one first; the sample rubric can serve as a beginning."
            )
            % {"district": district, "day": day},
            code="no-rubric",
        )
    return found
