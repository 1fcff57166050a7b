"""What the registers of the evaluation share: users by account, days of closed periods, facts by compound and day."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.imports.compound_kinds import compound_reference
from communities.services.serving import ServedCompounds
from enterprises.imports.enterprises import project_reference
from evaluations.models import EvaluationPeriod
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.common.tabular import kinds
from redprop.common.tabular.declare import Column, Context
from redprop.common.tabular.engine import NEW, Plan, Row
from redprop.common.tabular.saving import by_paths

LONG_TEXT = 2000


def _staff(context: Context) -> Any:
    return User.objects.filter(postings__district=context.district).distinct()


def user_reference() -> kinds.Reference:
    """A user with a posting in the district, by account or by full name."""
    return kinds.Reference(resolve=by_paths(_staff, "username", "full_name"), what=gettext_lazy("user"))


def stamp(context: Context, instance: Any) -> None:
    """Record a fact by the district's clock: what comes late counts late."""
    if instance._state.adding:
        instance.recorded_at = business_now(context.district)


def compound_columns(path: str = "") -> tuple[Column, ...]:
    """Columns of a compound and of the project that served it; `path` leads to the row that has both."""
    attr: dict[str, Any] = {"attr": None} if path else {}
    return (
        Column(
            "compound",
            "小区编号",
            compound_reference(),
            ("小区名称", "小区"),
            required=True,
            source=f"{path}compound",
            shown=f"{path}compound__code",
            help="小区编号；无重名时可填名称",
            example="XQ0001",
            **(attr or {"attr": "compound_id"}),
        ),
        Column("compound_name", "所指小区", kinds.Text(), read_only=True, source=f"{path}compound__name"),
        Column(
            "project",
            "项目编号",
            project_reference(),
            ("项目名称", "项目", "服务项目"),
            fixed=True,
            source=f"{path}project",
            shown=f"{path}project__code",
            help="不填：当天服务该小区的项目",
            example="FW0001",
            **(attr or {"attr": "project_id"}),
        ),
    )


def attribute_to_serving(context: Context, plan: Plan, day: str) -> None:
    """Give each new fact to the project that served its compound on its `day` (one query)."""
    rows = [row for row in plan.of(NEW) if plan.value(row, day) and plan.value(row, "compound")]
    served = ServedCompounds(plan.value(row, "compound") for row in rows)
    for row in rows:
        serving = served.project_on(plan.value(row, "compound"), plan.value(row, day))
        if serving is None:
            plan.refuse(
                row,
                "compound",
                _("No project served this compound on %(day)s. Correct the day, or enter the contract first.")
                % {"day": plan.value(row, day)},
            )
        elif plan.value(row, "project") not in (None, serving):
            plan.refuse(
                row,
                "project",
                _(
                    "This project does not serve this compound on that day. Choose the project whose contract covers it."
                ),
            )
        else:
            plan.set(row, "project", serving)


def refuse_future(context: Context, plan: Plan, *days: str) -> None:
    """Refuse new and changed rows dated after today."""
    for row in plan.good():
        for name in days:
            day = plan.value(row, name)
            if day and day > context.day and plan.differs(row, name):
                plan.refuse(row, name, _("%(day)s is in the future. Correct the date.") % {"day": day})


class ClosedPeriods:
    """The district's periods that are closed or being closed (one query)."""

    def __init__(self, context: Context) -> None:
        rows = EvaluationPeriod.objects.filter(district=context.district).exclude(
            state=EvaluationPeriod.State.OPEN
        )
        self._periods = list(rows.order_by("starts_on"))

    def of(self, day: dt.date | None) -> EvaluationPeriod | None:
        """The period that holds the day, None while it is open."""
        return next((p for p in self._periods if day and p.starts_on <= day <= p.ends_on), None)

    def refuse(self, plan: Plan, row: Row, name: str, days: Iterable[dt.date | None]) -> None:
        """Refuse a row when one of the days lies in such a period."""
        for day in days:
            if found := self.of(day):
                plan.refuse(
                    row,
                    name,
                    _(
                        "%(day)s lies in %(period)s, which is closed: what was recorded for it stays. Mistakes are mended by an objection."
                    )
                    % {"day": day, "period": found},
                )
                return


def refuse_closed(context: Context, plan: Plan, day: str) -> None:
    """Refuse changes of facts dated in a closed period. New facts are taken: they are recorded late, and count late."""
    closed = ClosedPeriods(context)
    for row in plan.of("changed"):
        closed.refuse(plan, row, day, (plan.stored(row, day), plan.value(row, day)))
