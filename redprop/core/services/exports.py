"""Taking a list out of the portal: every export is logged before its first byte leaves."""

from pathlib import Path

from redprop.accounts.models import User
from redprop.common.tabular.declare import Context, Register
from redprop.common.tabular.writing import register_table, write_table
from redprop.core.models import ExportLog
from redprop.core.models.exports import Way
from redprop.core.services.listings import Listing, heading


def log_export(*, listing: Listing, ending: str, way: str, acting_user: User | None) -> ExportLog:
    """Write down who takes which list with which filters, and how many rows it has."""
    return ExportLog.objects.create(
        district=listing.district,
        user=acting_user,
        recorded_by=acting_user.get_username() if acting_user else "system",
        page=listing.page[:100],
        register=listing.register,
        title=listing.title[:200],
        ending=ending,
        query=listing.query,
        filters=listing.filters,
        rows=listing.rows,
        way=way,
    )


def export_register(*, register: Register, context: Context, path: Path) -> int:
    """Write a whole register to `path` for a command, and log it; returns the number of rows."""
    table = register_table(register, context)
    count = register.rows(context).order_by().count()
    table.above = heading(table.title, context.district, count)
    listing = Listing("command", register.name, context.district, table, count)
    log_export(listing=listing, ending=path.suffix.lower()[1:5], way=Way.COMMAND, acting_user=context.user)
    return write_table(path, table)
