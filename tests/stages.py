"""A watch over stages of membership: while it stands, no statement may read their table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

TABLE = '"enterprises_partystage"'


@contextmanager
def no_stage_is_read(who: object = "") -> Iterator[None]:
    """Fail when a statement names the table of stages of membership."""

    def watch(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        assert TABLE not in str(sql), f"{who} read stages of membership: {str(sql)[:300]}"
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield
