"""A rubric out of its workbook, as the register `rubrics` writes it, without a row of the database.

The same columns, sheets and checks as an import; only what is stored already plays no part, so that
a frozen rubric can be changed in its file and tried.
"""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from evaluations.imports.rubrics import annotated, complete, refuse_unsound, value_of
from evaluations.models import Rubric as RubricRow
from evaluations.scoring.rubric import Rubric
from redprop.common.errors import Refused
from redprop.common.tabular import declare
from redprop.common.tabular.declare import Context
from redprop.common.tabular.engine import Plan, validate

NO_DAY = dt.date(2000, 1, 1)
"""No rule of the workbook asks for the day."""


class TrialRefused(Refused):
    """A file that cannot be tried; `errors` are its places, as an import lists them."""

    def __init__(self, message: object, *, code: str, errors: list[dict[str, Any]]) -> None:
        super().__init__(message, code=code)
        self.errors = errors

    def as_dict(self) -> dict[str, Any]:
        """Return the refusal with the list of its places."""
        return {**super().as_dict(), "errors": self.errors}


def _check(context: Context, plan: Plan) -> None:
    complete(plan)
    refuse_unsound(plan)


def read_rubric(path: Path, name: str = "") -> Rubric:
    """Return the rubric of a workbook; `name` (CODE@VERSION) chooses one of several. Raises Refused."""
    declare.load()
    register = replace(
        declare.get("rubrics"), rows=lambda context: annotated(RubricRow.objects.none()), check=_check
    )
    plan = validate(register, path, Context(None, None, NO_DAY))
    if found := plan.problems():
        sentences = [
            _("Row %(row)s, %(column)s: %(message)s")
            % {"row": problem.row, "column": problem.column or "–", "message": problem.message}
            for problem in found
        ]
        raise TrialRefused(
            _("The rubric in “%(path)s” cannot be used. %(problems)s")
            % {"path": path.name, "problems": " ".join(sentences[:20])},
            code="rubric",
            errors=[problem.as_dict() for problem in found],
        )
    values = {f"{value.code}@{value.version}": value for value in (value_of(plan, row) for row in plan.rows)}
    if name:
        if name not in values:
            raise Refused(
                _("“%(path)s” has no rubric %(name)s. It holds: %(known)s.")
                % {"path": path.name, "name": name, "known": "、".join(values)},
                code="which-rubric",
            )
        return values[name]
    if len(values) > 1:
        raise Refused(
            _("“%(path)s” holds %(count)s rubrics. Name one with --rubric: %(known)s.")
            % {"path": path.name, "count": len(values), "known": "、".join(values)},
            code="which-rubric",
        )
    return next(iter(values.values()))
