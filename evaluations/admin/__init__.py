"""Admin pages of the evaluations."""

from evaluations.admin import (
    after_release,
    batches,
    credit,
    facts,
    findings,
    flags,
    hand_marks,
    lists,
    money,
    periods,
    releases,
    reports,
    rubrics,
    scorecards,
    subsidy_rules,
    surveys,
)

__all__ = [
    "after_release",
    "batches",
    "credit",
    "facts",
    "findings",
    "flags",
    "hand_marks",
    "lists",
    "money",
    "periods",
    "releases",
    "reports",
    "rubrics",
    "scorecards",
    "subsidy_rules",
    "surveys",
]
