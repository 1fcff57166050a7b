"""Rules of a district as pure terms, read with their rates and bands."""

from collections.abc import Sequence

from django.db.models import QuerySet

from evaluations.models import SubsidyRule
from evaluations.subsidies.amounts import Terms


def terms_of(rules: QuerySet[SubsidyRule]) -> list[Terms]:
    """Return the rules as pure terms, in order of their first day (three queries)."""
    found = rules.order_by("valid_from").prefetch_related("rates", "bands")
    return [
        Terms(
            rule_id=rule.pk,
            version=rule.version,
            document=rule.document,
            valid_from=rule.valid_from,
            valid_to=rule.valid_to,
            rates={rate.compound_class: (rate.basis, rate.rate) for rate in rule.rates.all()},
            bands=[(band.score_from, band.factor) for band in rule.bands.all()],
            yearly_decline=rule.yearly_decline,
            decline_floor=rule.decline_floor,
            decline_from_service=rule.decline_from == SubsidyRule.CountsFrom.SERVICE,
            decline_since=rule.decline_since,
            details={"title": rule.title, "payee": rule.payee, "reference_month": rule.reference_month},
        )
        for rule in found
    ]


def in_force(terms: Sequence[Terms], day) -> Terms | None:
    """Return the version in force on `day`, if there is one."""
    return next((one for one in terms if one.in_force(day)), None)
