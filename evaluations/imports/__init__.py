"""Import and export declarations of the evaluation; importing this module registers them."""

from evaluations.imports import (
    credit,
    findings,
    hand_marks,
    inspection_items,
    marks,
    money,
    payee_accounts,
    rubrics,
    subsidy_rules,
)

__all__ = [
    "credit",
    "findings",
    "hand_marks",
    "inspection_items",
    "marks",
    "money",
    "payee_accounts",
    "rubrics",
    "subsidy_rules",
]
