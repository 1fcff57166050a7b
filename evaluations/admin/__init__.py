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
    "rubrics",
]
