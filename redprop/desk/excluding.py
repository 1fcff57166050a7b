"""Leaving a resident's request out of scoring, for the page of the request (`desk/parts/exclude_request.html`)."""

from communities.models import Exclusion, ResidentRequest
from communities.services.exclusions import community_of_request
from redprop.common.errors import Refused
from redprop.desk.page import Desk


def of_request(desk: Desk, request: ResidentRequest) -> dict[str, object]:
    """What the part of the page needs: the exclusion that stands or waits, and whether this user may ask for one."""
    live = (
        request.exclusions.exclude(state=Exclusion.State.REFUSED)
        .select_related("asked_by", "decided_by")
        .first()
    )
    may_ask = False
    if live is None and desk.kept_community_ids:
        try:
            may_ask = community_of_request(request).pk in desk.kept_community_ids
        except Refused:
            may_ask = False
    return {"exclusion": live, "may_exclude": may_ask, "exclusion_reasons": Exclusion.Reason.choices}
