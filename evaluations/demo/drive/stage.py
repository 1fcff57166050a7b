"""What the acts of the demo share: the district, its clock, its people, and what is told on the way."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from redprop.accounts.models import User
from redprop.accounts.services.clock import set_demo_clock
from redprop.areas.models import District
from redprop.common.errors import Refused

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass
class Stage:
    """The demo district while it is driven. `inline`: close in this process instead of by a worker."""

    district: District
    say: Callable[[str], None]
    inline: bool = False
    patience: float = 120.0

    def move_to(self, day: dt.date, hour: int = 9, minute: int = 0) -> None:
        """Set the demo clock; never back behind where it stands in the year of the last quarter."""
        moment = dt.datetime.combine(day, dt.time(hour, minute), SHANGHAI)
        self.district = set_demo_clock(district=self.district, to=moment)

    def forward_to(self, day: dt.date, hour: int = 9, minute: int = 0) -> None:
        """As `move_to`, but only forwards: a second run does not turn the clock back."""
        moment = dt.datetime.combine(day, dt.time(hour, minute), SHANGHAI)
        if self.district.clock is None or self.district.clock < moment:
            self.district = set_demo_clock(district=self.district, to=moment)

    def user(self, username: str) -> User:
        """A demo user, as just signed in."""
        try:
            return User.objects.get(username=username)
        except User.DoesNotExist:
            raise Refused(
                _("The demo user %(user)s is missing. Load the demo district first (load_demo).")
                % {"user": username},
                code="demo-user-missing",
            ) from None
