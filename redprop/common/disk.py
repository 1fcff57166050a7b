"""A full disk, told as a sentence: which errors mean it, of files and of the database."""

import errno

from django.utils.translation import gettext as _

from redprop.common.errors import Refused

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLASS_OF_DATABASE = "53100"
"""disk_full in PostgreSQL's list of errors."""
_OF_LXML = ("IO_ENOSPC", "IO_EFBIG", "IO_WRITE")
"""What lxml says in an error of its own kind, without a number."""


def is_full(error: BaseException | None) -> bool:
    """Tell whether an error, or one that it came from, says that a disk or a quota is full."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            return True
        if getattr(error, "sqlstate", None) == _CLASS_OF_DATABASE:
            return True
        if type(error).__name__ == "SerialisationError" and str(error).startswith(_OF_LXML):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


def no_room() -> Refused:
    """Return the refusal: what happened, that nothing is left of it, and who has to act."""
    return Refused(
        _(
            "The disk of the server is full. Nothing was written, and what was begun is gone. Tell the system administrator, and do the same again when there is room."
        ),
        code="disk-full",
    )
