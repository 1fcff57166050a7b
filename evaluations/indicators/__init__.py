"""Indicators (考评指标): one file each, one SQL statement each, found by code in `REGISTRY`."""

from evaluations.indicators import (
    commitments_in_time,
    commitments_reopened,
    cross_appointments,
    deductions,
    eight_guarantees,
    graduates_employed,
    joint_meetings,
    leadership_team,
    onsite_inspection,
    party_organisation,
    requests_in_time,
    satisfaction,
    volunteer_hours,
)
from evaluations.indicators.base import (
    HAND_MARKS,
    REGISTRY,
    Evidence,
    Indicator,
    evidence,
    indicator_of,
    write_values,
)

__all__ = [
    "HAND_MARKS",
    "REGISTRY",
    "Evidence",
    "Indicator",
    "commitments_in_time",
    "commitments_reopened",
    "cross_appointments",
    "deductions",
    "eight_guarantees",
    "evidence",
    "graduates_employed",
    "indicator_of",
    "joint_meetings",
    "leadership_team",
    "onsite_inspection",
    "party_organisation",
    "requests_in_time",
    "satisfaction",
    "volunteer_hours",
    "write_values",
]
