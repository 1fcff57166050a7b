"""Who is told of a request, and in which words: the secretary, the firm, the clerk, the connected platform."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from communities.models import ResidentRequest
from enterprises.models import EnterpriseContact, ServiceProject
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import Posting, User
from redprop.accounts.roles import Role
from redprop.areas.models import Community
from redprop.core.models import NoticeKind
from redprop.core.services.delivery import queue_event
from redprop.core.services.notifications import notify


def tell_secretary(request: ResidentRequest, community: Community) -> None:
    """Tell the community's secretary of a request from outside."""
    day = business_today(community.district)
    posted = Posting.objects.on(day).filter(role=Role.COMMUNITY_SECRETARY, community=community)
    _tell(
        request,
        (row.user for row in posted.select_related("user")),
        lambda: (
            _("New request, %(compound)s: %(text)s")
            % {"compound": request.compound, "text": request.text[:120]}
        ),
    )


def tell_of_proxy(community: Community, number: int) -> None:
    """Tell the community's secretary that a resident asks for proxy handling; what it is about stays on its page."""
    posted = Posting.objects.on(business_today(community.district)).filter(
        role=Role.COMMUNITY_SECRETARY, community=community
    )
    notify(
        users=[row.user for row in posted.select_related("user")],
        kind=NoticeKind.REQUEST,
        text=lambda: _("A resident asks the community to do something in their place."),
        address=reverse("desk:proxy", args=[number]),
        subject=f"proxy:{number}",
    )


def tell_enterprise(request: ResidentRequest, project: ServiceProject, *, reopened: str = "") -> None:
    """Tell the contacts of the enterprise that a request waits for its answer, or was not fixed."""
    day = business_today(request.compound.district)
    contacts = EnterpriseContact.objects.on(day).filter(enterprise=project.enterprise_id)

    def words() -> str:
        facts = {"compound": request.compound, "text": request.text[:100], "why": reopened[:80]}
        if reopened:
            return _("Not fixed, says the resident of %(compound)s: %(text)s (%(why)s)") % facts
        return _("Answer a request, %(compound)s: %(text)s") % facts

    _tell(request, (row.user for row in contacts.select_related("user")), words)


def tell_community(request: ResidentRequest, community: Community, *, reopened: str) -> None:
    """Tell the secretary that a request which the community answered is not settled."""
    day = business_today(community.district)
    posted = Posting.objects.on(day).filter(role=Role.COMMUNITY_SECRETARY, community=community)
    _tell(
        request,
        (row.user for row in posted.select_related("user")),
        lambda: (
            _("Not fixed, says the resident of %(compound)s: %(text)s (%(why)s)")
            % {"compound": request.compound, "text": request.text[:100], "why": reopened[:80]}
        ),
    )


def tell_platform(request: ResidentRequest) -> None:
    """Queue the request's state for the platform it came from, through the district's gateway."""
    if not request.client:
        return
    with translation.override("zh-hans"):
        state = str(ResidentRequest.State(request.state).label)
    queue_event(
        district=request.compound.district,
        event={
            "event": "request.state",
            "client": request.client,
            "number": request.code,
            "state": str(request.state),
            "state_text": state,
            "due_on": request.due_on.isoformat(),
            "answer": request.answer,
            "at": business_now(request.compound.district).isoformat(),
        },
    )


def _tell(request: ResidentRequest, users: Iterable[User], words) -> None:
    notify(
        users=list(users),
        kind=NoticeKind.REQUEST,
        text=words,
        address=reverse("desk:request", args=[request.pk]),
        subject=f"request:{request.pk}",
        due_on=request.due_on,
    )
