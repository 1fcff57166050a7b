"""Are two descriptions of one thing the same thing? Names, places and scores; pure, no ORM.

`names` reads a compound's name into its parts, `places` measures distances between coordinates of
different datums and reads addresses, `scoring` weighs it all and gives the
`reasons`, which are put into words when shown.
"""

from redprop.common.matching.candidates import Candidate, stands_out
from redprop.common.matching.names import Name, match_key, parse_name
from redprop.common.matching.reasons import Reason
from redprop.common.matching.scoring import LOW, Described, Score, compare

__all__ = [
    "LOW",
    "Candidate",
    "Described",
    "Name",
    "Reason",
    "Score",
    "compare",
    "match_key",
    "parse_name",
    "stands_out",
]
