"""Notices at the desk: the list, going to what one is about, and what is sent out how often."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from redprop.core.models import Gateway, NoticeKind, Notification, Pace
from redprop.core.services import notifications
from redprop.desk.lists import DeskList, desk_list
from redprop.desk.page import Desk, carry_out, desk_page, show

PAGE = 30


@desk_list("notices")
def notices_list(desk: Desk, query: QueryDict) -> DeskList:
    """The user's own notices, the newest first."""
    return DeskList(
        title=_("Notices"),
        rows=Notification.objects.filter(user=desk.user),
        columns=[
            (_("Time"), "recorded_at"),
            (_("Kind"), "get_kind_display"),
            (_("Notice"), "text"),
            (_("Due on"), "due_on"),
            (_("Read at"), "read_at"),
        ],
    )


@desk_page
def listing(request: HttpRequest) -> HttpResponse:
    """The user's own notices, the newest first; unread ones marked."""
    page = Paginator(notices_list(request.desk, request.GET).rows, PAGE).get_page(request.GET.get("page"))
    return show(request, "desk/notices.html", {"page_obj": page})


@require_POST
@desk_page
def open_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice as read and go to the page that it is about."""
    notice = get_object_or_404(Notification, pk=pk, user=request.user)
    notifications.mark_read(user=request.user, pk=notice.pk)
    return redirect(notice.address if notice.address.startswith("/") else reverse("desk:notices"))


@require_POST
@desk_page
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark every notice as read."""
    notifications.mark_read(user=request.user)
    return redirect("desk:notices")


@desk_page
def choices(request: HttpRequest) -> HttpResponse:
    """What is sent out, by which channel, how often."""
    back = reverse("desk:notice-choices")
    if request.method == "POST":
        posted = request.POST
        wanted = set(posted.getlist("kinds"))
        return carry_out(
            request,
            lambda: notifications.choose(
                user=request.user,
                email=posted.get("email", ""),
                gateway=posted.get("gateway", ""),
                muted=[kind for kind in NoticeKind.values if kind not in wanted],
            ),
            _("Kept."),
            back,
        )
    chosen = notifications.settings_of(request.user)
    district = request.desk.district
    context = {
        "chosen": chosen,
        "paces": Pace.choices,
        "kinds": [(code, label, code not in chosen.muted) for code, label in NoticeKind.choices],
        "has_gateway": district and Gateway.objects.filter(district=district, is_active=True).exists(),
    }
    return show(request, "desk/notice_choices.html", context)
