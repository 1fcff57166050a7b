"""The tables of the open data: fields, meaning, source and rows of each, taken from the same values as the pages.

What stands in no page stands in no table: names of persons are left out altogether, entries that were
withdrawn have no row except in `withdrawals`, which names nobody. Amounts and scores are decimal strings.
"""

from redprop.public import register_tables, release_tables
from redprop.public.open_table import Table


def tables() -> tuple[Table, ...]:
    """Return the tables, worded in the language that is active now."""
    return (
        release_tables.releases(),
        release_tables.entries(),
        release_tables.results(),
        release_tables.withdrawals(),
        *register_tables.registers(),
        *register_tables.money(),
        register_tables.flags(),
    )
