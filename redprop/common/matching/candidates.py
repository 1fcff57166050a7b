"""A row of a register that a description may mean, and what counts as one that stands out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redprop.common.matching.scoring import Score

STANDS_OUT = 8
"""Points by which the best candidate must lead the second."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """`pk` and `code` of the row, the name it is shown by, the score; `known`: this name was confirmed before."""

    pk: Any
    code: str
    name: str
    score: Score
    known: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return plain values to keep with the row of an import."""
        return {
            "pk": self.pk,
            "code": self.code,
            "name": self.name,
            "points": self.score.points,
            "reasons": [reason.as_list() for reason in self.score.reasons],
            "metres": self.score.metres,
        }


def stands_out(candidates: Sequence[Candidate]) -> bool:
    """Tell whether the first of the candidates, best first, is clearly the most likely.

    One whose name is only a part of the other's never is: a person looks at each of these.
    """
    if not candidates or candidates[0].score.is_part:
        return False
    return len(candidates) == 1 or candidates[0].score.points - candidates[1].score.points >= STANDS_OUT
