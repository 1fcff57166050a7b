"""Which communities there were on a day, worked out from a known list and the recorded changes. Pure.

Forwards a change is applied, backwards it is taken back. Both are safe to do twice: what the list
says already is left alone, so that a list newer than a change and the change itself agree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Division:
    """A community as an edition lists it."""

    code: str
    name: str


@dataclass(frozen=True)
class Step:
    """A recorded change of one community; the kinds are those of `DivisionChange`."""

    on: date
    change: str
    old: Division
    new: Division


def forwards(known: Iterable[Division], steps: Iterable[Step]) -> list[Division]:
    """The list after the steps, by code."""
    found = {one.code: one for one in known}
    for step in sorted(steps, key=lambda step: step.on):
        if step.change in ("added", "split"):
            found.setdefault(step.new.code, step.new)
        elif step.change in ("removed", "merged"):
            found.pop(step.old.code, None)
            if step.change == "merged":
                found.setdefault(step.new.code, step.new)
        elif found.pop(step.old.code, None):
            found[step.new.code] = step.new
    return sorted(found.values(), key=lambda one: one.code)


def backwards(known: Iterable[Division], steps: Iterable[Step]) -> list[Division]:
    """The list before the steps, by code. What a merger or split made new is told by an added row of its own day."""
    found = {one.code: one for one in known}
    for step in sorted(steps, key=lambda step: step.on, reverse=True):
        if step.change in ("added", "split"):
            found.pop(step.new.code, None)
        elif step.change in ("removed", "merged"):
            found.setdefault(step.old.code, step.old)
        elif found.pop(step.new.code, None):
            found[step.old.code] = step.old
    return sorted(found.values(), key=lambda one: one.code)
