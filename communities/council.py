"""What a council meeting (议事会) needs to resolve, in whole numbers: quorum and majority. Pure.

The sample follows S43T (quorum of two thirds) and S44T (passed by more than half of those present);
a district enters its own as dated rows (`CouncilRule`).
"""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Terms:
    """The shares in force: of the representatives in office who must be there, of those present who must agree."""

    quorum: Fraction
    majority: Fraction

    def needed_present(self, in_office: int) -> int:
        """Return how many representatives make a quorum: the share of those in office, rounded up, at least one."""
        return max(1, -(-in_office * self.quorum.numerator // self.quorum.denominator))

    def needed_votes(self, present: int) -> int:
        """Return how many votes for pass a resolution: more than the share of those present."""
        return present * self.majority.numerator // self.majority.denominator + 1


SAMPLE = Terms(quorum=Fraction(2, 3), majority=Fraction(1, 2))


def votes_fit(present: int, votes_for: int, against: int, abstained: int) -> bool:
    """Whether every representative present voted or abstained, each once."""
    return min(votes_for, against, abstained) >= 0 and votes_for + against + abstained == present
