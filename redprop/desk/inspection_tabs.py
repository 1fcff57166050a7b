"""The pages of inspections as one row of tabs: tasks for inspectors, plans and the watch for those who evaluate."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from evaluations.models.inspection_plans import PLANNERS
from redprop.accounts.roles import Role
from redprop.desk.page import Desk

WATCHERS = frozenset({Role.EVALUATOR, Role.REVIEWER, Role.OBJECTION_DECIDER, Role.PUBLISHER})
"""Who reads the watch over marks. Inspectors do not: they mark by what they see, not by the others."""

TABS = [
    ("desk:inspections", _("Inspections"), frozenset({Role.INSPECTOR}) | PLANNERS),
    ("desk:inspection-plans", _("Plans"), PLANNERS),
    ("desk:inspection-watch", _("Watch over marks"), WATCHERS),
    ("desk:inspection-pairs", _("Second markings"), WATCHERS),
]


def opens(desk: Desk, roles: frozenset[Role]) -> bool:
    """Whether one of the roles is held."""
    return bool(desk.user.roles & roles) or desk.user.is_superuser


def inspection_tabs(desk: Desk, here: str) -> list[dict[str, object]]:
    """The tabs that this user has (no query)."""
    return [
        {"url": reverse(name), "label": label, "here": name == here}
        for name, label, roles in TABS
        if opens(desk, roles)
    ]
