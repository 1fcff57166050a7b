"""What every page of the desk knows of its user: the jobs held, the day, the lights, the menu."""

import datetime as dt
from collections.abc import Callable
from functools import cached_property, wraps
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from communities.lights import Lights
from communities.selectors import with_predecessors
from enterprises.models import Enterprise
from enterprises.models.enterprises import contact_enterprises
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import Community, District
from redprop.common.errors import Refused
from redprop.common.identifiers import mask_personal_numbers
from redprop.common.workdays import WorkCalendar
from redprop.core.models import Notification
from redprop.core.selectors import work_calendar
from redprop.desk.held import hold, let_go

COMMUNITY_WORK = ("visits/", "volunteers/", "help/", "proxies/", "joint-projects/", "situations/", "grid/")
"""Pages under the one entry of the menu for community work."""


class Desk:
    """The desk of one user for one request; each fact is read once."""

    def __init__(self, user: User, path: str = "") -> None:
        self.user = user
        self.path = path

    @cached_property
    def district(self) -> District | None:
        """The district of the user's first posting; for a contact without one, of the enterprise."""
        if self.user.current_postings:
            return self.user.current_postings[0].district
        enterprise = self.enterprises[0] if self.enterprises else None
        return enterprise.district if enterprise else District.objects.order_by("pk").first()

    @cached_property
    def today(self) -> dt.date:
        """The business day."""
        return business_today(self.district) if self.district else dt.date.min

    @cached_property
    def calendar(self) -> WorkCalendar:
        """The working calendar of the district."""
        return work_calendar(self.district) if self.district else WorkCalendar()

    @cached_property
    def lights(self) -> Lights:
        """Lights as of today."""
        return Lights.on(self.today, self.calendar)

    @cached_property
    def communities(self) -> list[Community]:
        """Communities whose party secretary the user is."""
        return [p.community for p in self.user.current_postings if p.role == Role.COMMUNITY_SECRETARY]

    @cached_property
    def kept_community_ids(self) -> set[int]:
        """Communities whose open items the user keeps: the own ones, and dissolved ones they succeed."""
        return with_predecessors([c.pk for c in self.communities]) if self.communities else set()

    @cached_property
    def subdistrict_ids(self) -> set[int]:
        """Subdistricts whose clerk the user is."""
        return {p.subdistrict_id for p in self.user.current_postings if p.role == Role.SUBDISTRICT_CLERK}

    @cached_property
    def enterprises(self) -> list[Enterprise]:
        """Enterprises whose contact the user is."""
        return list(
            Enterprise.objects.filter(pk__in=contact_enterprises(self.user.pk)).select_related("district")
        )

    @property
    def sees_meetings(self) -> bool:
        """Whether any community lies in the user's area."""
        scope = self.user.scope
        return bool(scope.everything or scope.district_ids or scope.subdistrict_ids or scope.community_ids)

    @property
    def sees_district(self) -> bool:
        """Whether the user's area is a whole district: district staff."""
        scope = self.user.scope
        return bool(scope.everything or scope.district_ids)

    @property
    def has_party_work(self) -> bool:
        """Whether the user reports or confirms guide-book work."""
        return bool(self.enterprises) or bool(
            self.user.roles & {Role.SUBDISTRICT_CLERK, Role.COMMUNITY_SECRETARY, Role.ORGANISATION}
        )

    @property
    def who(self) -> str:
        """Area and name, as shown in the head of the page."""
        area = self.communities or self.enterprises or [p.area for p in self.user.current_postings[:1]]
        return " ".join([*(str(a) for a in area[:1]), str(self.user)])

    @cached_property
    def unread(self) -> int:
        """Notices not yet read."""
        return Notification.objects.filter(user=self.user, read_at__isnull=True).count()

    @property
    def _inspections(self) -> str:
        """The page of inspections that the menu leads to, by what the user does; empty for whoever has none."""
        roles = self.user.roles
        if self.user.is_superuser or roles & {Role.INSPECTOR, Role.EVALUATOR}:
            return "desk:inspections"
        watching = {Role.REVIEWER, Role.OBJECTION_DECIDER, Role.PUBLISHER}
        return "desk:inspection-watch" if roles & watching else ""

    @property
    def section(self) -> str:
        """The entry of the menu that the page belongs to."""
        rest = self.path.removeprefix(reverse("desk:home"))
        if rest.startswith(("meetings/", "communities/")):
            return "desk:meetings"
        if rest.startswith("flags/"):
            return "desk:scores"
        if rest.startswith("subsidies/"):
            return "desk:slices"
        if rest.startswith(("exports/", "reports/")):
            return "desk:exports"
        if rest.startswith("exclusions/"):
            return "desk:orders"
        if rest.startswith(COMMUNITY_WORK):
            return "desk:visits"
        if rest.startswith("party/"):
            return "desk:guide"
        if rest.startswith("graduates/") and self.enterprises:
            return "desk:in-post"
        if rest.startswith("fact-proposals/"):
            return "desk:compounds"
        if rest.startswith("councils/"):
            return "desk:councils" if self.sees_meetings else "desk:council-resolutions"
        if rest.startswith("inspections/"):
            return self._inspections or "desk:inspections"
        part = rest.partition("/")[0]
        return f"desk:{part}" if part else "desk:home"

    @property
    def nav(self) -> list[dict[str, object]]:
        """The menu: only what this user can use."""
        entries = [("desk:home", _("To do"), True)]
        if self._inspections:
            entries.append((self._inspections, _("Inspections"), True))
        entries.append(("desk:meetings", _("Joint meetings"), self.sees_meetings))
        council = "desk:councils" if self.sees_meetings else "desk:council-resolutions"
        entries.append((council, _("Council"), self.sees_meetings or bool(self.enterprises)))
        entries.append(("desk:commitments", _("Commitments"), self.sees_meetings or bool(self.enterprises)))
        entries.append(("desk:requests", _("Requests"), self.sees_meetings or bool(self.enterprises)))
        entries.append(("desk:compounds", _("Facts of compounds"), self.sees_meetings))
        entries.append(("desk:orders", _("Supervision"), self.sees_meetings or bool(self.enterprises)))
        entries.append(("desk:visits", _("Community work"), self.sees_meetings or bool(self.enterprises)))
        entries.append(("desk:surveys", _("Surveys"), bool(self.subdistrict_ids) or self.sees_district))
        decides = self.sees_meetings or bool(self.enterprises)
        entries.append(("desk:guide", _("Party building"), decides and self.has_party_work))
        entries.append(("desk:scores", _("Scores"), self.sees_meetings or bool(self.enterprises)))
        entries.append(("desk:slices", _("Subsidies"), bool(self.subdistrict_ids)))
        entries.append(("desk:in-post", _("Graduates in post"), bool(self.enterprises)))
        entries.append(("desk:graduates", _("Mentees"), bool(self.communities) and not self.enterprises))
        entries.append(("desk:burden", _("Burden of the forms"), self.sees_district))
        entries.append(("desk:exports", _("Files"), True))
        entries.append(("desk:notices", _("Notices"), True))
        return [
            {
                "url": reverse(name),
                "label": label,
                "here": self.section == name,
                "count": self.unread if name == "desk:notices" else 0,
            }
            for name, label, shown in entries
            if shown
        ]


def _page_in_front(request: HttpRequest) -> str:
    """Where to go after signing in: an address that only takes forms gives way to the page of its form."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    page = request.headers.get("Referer", "")
    own = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return urlsplit(page).path if page and own else reverse("desk:home")


def desk_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorator: sign-in first; `request.desk` is the user's desk."""

    @wraps(view)
    def page(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(_page_in_front(request))
        request.desk = Desk(request.user, request.path)
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return page


def show(request: HttpRequest, template: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """Render a page of the desk."""
    return render(request, template, {"desk": request.desk, **context}, status=status)


def carry_out(
    request: HttpRequest, act: Callable[[], object], done: str, back: str, *, holding: str = ""
) -> HttpResponse:
    """Do one service call; say what was done, or why not, on the page at `back`.

    `holding` names the form: what was typed in it stands on the page again when it is refused. After
    success the address carries `done`, by which the device forgets what it kept of the form (desk.js).
    """
    try:
        act()
    except Refused as refused:
        messages.error(request, str(refused))
        if holding:
            return hold(request, request.POST, back, step=holding)
        return redirect(back)
    messages.success(request, done)
    if holding:
        let_go(request, back)
    return redirect(f"{back}{'&' if '?' in back else '?'}done=1")


def masked(request: HttpRequest, text: str) -> str:
    """Return `text` with phone and ID numbers masked, and tell the user when there were any."""
    words, found = mask_personal_numbers(text)
    if found:
        tell_masked(request, [words])
    return words


def tell_masked(request: HttpRequest, texts: list[str]) -> None:
    """Tell the user that numbers in these texts were masked."""
    messages.warning(
        request,
        _("A phone or ID number was masked, because others read this: %(text)s")
        % {"text": "；".join(text[:60] for text in texts)},
    )
