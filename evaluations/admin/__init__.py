"""Admin pages of the evaluations."""

from evaluations.admin import (
    after_release,
    batches,
    credit,
    facts,
    findings,
    hand_marks,
    lists,
    money,
    periods,
    releases,
    rubrics,
)

__all__ = [
    "after_release",
    "batches",
    "credit",
    "facts",
    "findings",
    "hand_marks",
    "lists",
    "money",
    "periods",
    "releases",
    "rubrics",
]
