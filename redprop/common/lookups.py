"""The lookup `among`: as `in`, with all values in one array instead of one parameter each.

Thousands of values cost Django and the driver most of a query's time when each is a parameter.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Field, ForeignKey, Lookup


@Field.register_lookup
@ForeignKey.register_lookup
class Among(Lookup):
    """`among=values` with values of the column's own type (for a foreign key: of the key it holds)."""

    lookup_name = "among"
    prepare_rhs = False

    def __init__(self, lhs: Any, rhs: Iterable[Any]) -> None:
        super().__init__(lhs, list(rhs))

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, Any]:
        """Return one placeholder and the array."""
        return "%s", [value]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return `column = ANY(array)`; an empty array, whose type nothing tells, is never equal."""
        if not self.rhs:
            return "FALSE", []
        lhs, lhs_params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY(%s)", [*lhs_params, self.rhs]
