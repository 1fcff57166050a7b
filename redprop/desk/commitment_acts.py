"""What can be done to a commitment at the desk: each step's service call from the posted words, and what is said then."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.http import Http404, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from communities.models import Commitment
from communities.services import commitments, exclusions, extensions, joint_handling, supervision
from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.identifiers import mask_personal_numbers


class Posted(QueryDict):
    """What was posted at one step, its photos beside it; phone and ID numbers in its words are masked.

    `masked` holds the texts that were changed.
    """

    def __init__(self, data: QueryDict, files: MultiValueDict) -> None:
        super().__init__(mutable=True)
        self.update(data)
        self.photos = files.getlist("photos")
        self.masked: list[str] = []
        for name in ("text", "unit"):
            words, found = mask_personal_numbers(self.get(name, ""))
            if found:
                self[name] = words
                self.masked.append(words)


Call = Callable[[Commitment, Posted, User], object]


def posted_day(posted: QueryDict, name: str = "due_on") -> dt.date:
    """Return the posted day; raises Refused when it is none."""
    try:
        day = parse_date(posted.get(name, ""))
    except ValueError:
        day = None
    if day is None:
        raise Refused(_("New due date: enter a day such as 2026-10-31."), code="no-date")
    return day


def _text(posted: QueryDict) -> str:
    return posted.get("text", "")


def _one(rows: Any, posted: QueryDict) -> Any:
    """Return the row of the commitment that the form names; 404 for another one's."""
    found = rows.filter(pk=posted["row"]).first() if posted.get("row", "").isdigit() else None
    if found is None:
        raise Http404
    return found


def _answer(commitment: Commitment, posted: Posted, user: User) -> object:
    return commitments.answer_commitment(
        commitment=commitment, text=_text(posted), photos=posted.photos, acting_user=user
    )


def _confirm(commitment: Commitment, posted: Posted, user: User) -> object:
    return commitments.confirm_commitment(commitment=commitment, text=_text(posted), acting_user=user)


def _reopen(commitment: Commitment, posted: Posted, user: User) -> object:
    return commitments.reopen_commitment(
        commitment=commitment, reason=_text(posted), photos=posted.photos, acting_user=user
    )


def _extend(commitment: Commitment, posted: Posted, user: User) -> object:
    return commitments.extend_commitment(
        commitment=commitment, due_on=posted_day(posted), reason=_text(posted), acting_user=user
    )


def _ask_time(commitment: Commitment, posted: Posted, user: User) -> object:
    return extensions.ask_extension(
        commitment=commitment, wanted_until=posted_day(posted), reason=_text(posted), acting_user=user
    )


def _decide_time(grant: bool) -> Call:
    def call(commitment: Commitment, posted: Posted, user: User) -> object:
        extension = _one(commitment.extensions, posted)
        return extensions.decide_extension(
            extension=extension, grant=grant, text=_text(posted), acting_user=user
        )

    return call


def _add_part(commitment: Commitment, posted: Posted, user: User) -> object:
    return joint_handling.add_part(
        commitment=commitment,
        unit=posted.get("unit", ""),
        task=_text(posted),
        due_on=posted_day(posted),
        acting_user=user,
    )


def _finish_part(commitment: Commitment, posted: Posted, user: User) -> object:
    part = _one(commitment.parts, posted)
    return joint_handling.finish_part(part=part, outcome=_text(posted), acting_user=user)


def _drop_part(commitment: Commitment, posted: Posted, user: User) -> object:
    part = _one(commitment.parts, posted)
    return joint_handling.drop_part(part=part, reason=_text(posted), acting_user=user)


def _order(commitment: Commitment, posted: Posted, user: User) -> object:
    return supervision.issue_order(
        commitment=commitment, colour=posted.get("colour", ""), reason=_text(posted), acting_user=user
    )


def _reply(commitment: Commitment, posted: Posted, user: User) -> object:
    order = _one(commitment.orders, posted)
    return supervision.reply_to_order(order=order, text=_text(posted), acting_user=user)


def _exclude(commitment: Commitment, posted: Posted, user: User) -> object:
    return exclusions.ask_exclusion(
        commitment=commitment,
        reason=posted.get("reason", ""),
        explanation=_text(posted),
        acting_user=user,
    )


def _decide_exclusion(sign: bool) -> Call:
    def call(commitment: Commitment, posted: Posted, user: User) -> object:
        exclusion = _one(commitment.exclusions, posted)
        return exclusions.decide_exclusion(
            exclusion=exclusion, sign=sign, text=_text(posted), acting_user=user
        )

    return call


ACTS: dict[str, tuple[Call, Any]] = {
    "answer": (_answer, gettext_lazy("Answered. The community now looks and confirms.")),
    "confirm": (_confirm, gettext_lazy("Confirmed and closed.")),
    "reopen": (_reopen, gettext_lazy("Reopened. The enterprise is asked to answer again.")),
    "extend": (_extend, gettext_lazy("The new due date is set; the first one stays on record.")),
    "ask-time": (_ask_time, gettext_lazy("Asked. The community decides; until then the due date stays.")),
    "grant-time": (
        _decide_time(True),
        gettext_lazy("The new due date is set; the first one stays on record."),
    ),
    "refuse-time": (_decide_time(False), gettext_lazy("Refused. The due date stays.")),
    "add-part": (_add_part, gettext_lazy("The part is added.")),
    "finish-part": (_finish_part, gettext_lazy("The part is marked as done.")),
    "drop-part": (_drop_part, gettext_lazy("The part is dropped.")),
    "order": (_order, gettext_lazy("The order is issued. It can be printed on its page.")),
    "reply": (_reply, gettext_lazy("The reply is recorded.")),
    "exclude": (_exclude, gettext_lazy("Asked. It counts until a clerk of the subdistrict signs.")),
    "sign-exclusion": (_decide_exclusion(True), gettext_lazy("Signed. It is left out of scoring.")),
    "keep-in": (_decide_exclusion(False), gettext_lazy("Refused. It stays in scoring.")),
}
"""Step → service call, and the sentence when it is done."""
