"""What a template shows as an example can be imported as it stands."""

import csv

import pytest

from redprop.common.tabular import declare
from redprop.core.services import imports
from tests.tabular.rows import FIRM, WELFARE

HERE = {"420102002003": "990101009001", "420102002": "990101009", "大智街道": "新街道"}
"""Areas of the examples, as the small district of the tests has them."""


def here(example):
    """The example with the codes of the small district."""
    return HERE.get(example, example.replace("420102", "990101", 1) if example[:6] == "420102" else example)


INSTEAD = {
    # Who decided is the user who imports; the system itself must be told.
    "vetoes": {"decided_by": "evaluator"},
    "deductions": {"decided_by": "evaluator"},
    "hand-marks": {"marked_by": "evaluator", "period": "2026Q4", "item": "order"},
    # The example's month is filed here already.
    "joint-meetings": {"month": "2026-06", "held_on": "2026-06-20"},
    "commitments": {"month": "2026-07", "number": "3"},
    # The example's person holds another post here, its compound had its market round, its contract another number.
    "posts": {"person": "RY00003"},
    "cross-appointments": {"person": "RY00003"},
    "market-rounds": {"opened_on": "2017-01-01", "closed_on": "2017-01-20"},
    # The cell and the person of the small district.
    "grid-rosters": {"cell": "990101009001-01", "worker": "990101009001-W01"},
    # Who is in post here is another person, whose post began later.
    "in-post-months": {"person": "RY00002", "month": "2026-07"},
    "resident-fees": {"valid_from": "2024-01-01", "valid_to": "2024-12-31"},
    "assignments": {"contract": "合〔2017〕1号"},
    # What the small district has already; another group sends the adviser.
    "party-counts": {"valid_from": "2017-07-01"},
    "party-terms": {"valid_from": "2017-07-01", "ends_on": "2020-06-30"},
    "adviser-visits": {
        "organisation": "DZ0002",
        "enterprise": WELFARE,
        "person": "RY00002",
        "visited_on": "2018-10-10",
    },
    "guide-checks": {"period": "2026-09"},
    # Secretaries of the small district.
    "community-secretaries": {
        "community": "990101009001",
        "valid_from": "2016-01-01",
        "valid_to": "2016-12-31",
    },
    "secretary-training": {"person": "RY00002", "hours": "8"},
    "secretary-ratings": {"person": "RY00002", "year": "2025"},
    # Who is a graduate, mentored and offered a post in the small district.
    "graduates": {"person": "RY00003", "name": "丙某"},
    "campus-offers": {
        "code": "LY00003",
        "campaign": "XZ0002",
        "enterprise": FIRM,
        "candidate": "某某",
        "made_on": "2026-09-03",
        "answer_by": "2026-09-17",
    },
    "mentors": {"person": "RY00002", "mentor": "RY00003", "enterprise": FIRM, "valid_from": "2020-07-01"},
    "post-duties": {"valid_from": "2017-01-01"},
    # The example's enterprise is no real one.
    "payee-accounts": {"payee_code": FIRM},
    # The unit and the tenant of the small district.
    "apartment-leases": {
        "person": "RY00001",
        "apartment": "GY0002",
        "valid_from": "2025-08-01",
        "valid_to": "2025-12-31",
    },
    # The example's enterprise is no real one.
    "credit-events": {"enterprise": FIRM},
    "city-ratings": {"enterprise": FIRM},
}


@pytest.mark.django_db
def test_each_example_of_a_template_imports_without_an_error(filled, load, context, tmp_path):
    load("people", ["姓名"], ["丙某"])
    wrong = {}
    for register in declare.registers():
        columns = [c for c in register.columns if not c.read_only]
        more = INSTEAD.get(register.name, {})
        path = tmp_path / f"{register.name}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([c.header for c in columns])
            writer.writerow([more.get(c.field) or here(c.example) for c in columns])
        plan = imports.check(register=register, path=path, context=context)
        wrong[register.name] = [(p.column, p.message) for p in plan.problems()]
    assert not {name: found for name, found in wrong.items() if found}
