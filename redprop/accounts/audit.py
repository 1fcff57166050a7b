"""The audit context: who acts and why. The history triggers write it beside every change."""

from contextlib import AbstractContextManager
from typing import Any

import pghistory

from redprop.accounts.models import User


def acting(user: User | None, reason: str = "", **facts: Any) -> AbstractContextManager[Any]:
    """Context in which every change is recorded as made by `user` for `reason`.

    The name is kept as text beside the id, because accounts end. `user` is None for the system.
    """
    return pghistory.context(
        user=user.pk if user else None, username=user.username if user else "system", reason=reason, **facts
    )
