"""Allowed moves between states: one table per workflow, one function that enforces it.

A table is a dict from state to the states it may become; states are members of a TextChoices.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from redprop.common.errors import Refused

Moves = Mapping[Any, Collection[Any]]


def can_move(moves: Moves, current: Any, target: Any) -> bool:
    """Tell whether the table allows going from `current` to `target`."""
    return target in moves.get(current, ())


def require_move(moves: Moves, current: Any, target: Any, *, what: object) -> None:
    """Return when the table allows the move, else raise Refused naming `what`, its state and what is possible.

    `current` may be the plain value as stored; labels are taken from the type of `target`.
    """
    if can_move(moves, current, target):
        return
    possible = [str(_label(state, target)) for state in moves.get(current, ())]
    values = {
        "what": what,
        "current": _label(current, target),
        "target": _label(target, target),
        "possible": "、".join(possible),
    }
    if possible:
        text = _(
            "%(what)s is “%(current)s” and cannot become “%(target)s”. From here it can become: %(possible)s."
        )
    else:
        text = _("%(what)s is “%(current)s”, which is final; it cannot become “%(target)s”.")
    raise Refused(text % values, code="state", current=str(current), target=str(target))


def _label(state: Any, like: Any) -> object:
    if not hasattr(state, "label"):
        try:
            state = type(like)(state)
        except ValueError:
            return state
    return getattr(state, "label", state)
