"""The admin site: Unfold's, with the portal's own sign-in."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite


class PortalAdminSite(UnfoldAdminSite):
    """For the staff of a district. There is one sign-in page for everybody, not two."""

    index_title = _("Start")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Return the apps and models that the user may open, by name.

        Built once a request, since the menu and the page's frame both ask, and sorted by plain words:
        comparing lazy translations took longer than the whole rest of a list page.
        """
        kept = request.__dict__.setdefault("_admin_apps", {})
        if app_label not in kept:
            apps = list(self._build_app_dict(request, app_label).values())
            for app in apps:
                app["models"].sort(key=lambda model: str(model["name"]).lower())
            kept[app_label] = sorted(apps, key=lambda app: str(app["name"]).lower())
        return kept[app_label]

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead to the portal's sign-in; a user who is signed in but no staff may not come in."""
        if request.user.is_authenticated:
            if self.has_permission(request):
                return HttpResponse(status=302, headers={"Location": reverse("admin:index")})
            raise PermissionDenied
        wish = request.GET.get("next") or request.get_full_path()
        if wish.startswith(reverse("admin:login")):
            wish = reverse("admin:index")
        return redirect_to_login(wish)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead to the one page on which a password is changed."""
        return redirect("accounts:password")

    def get_urls(self) -> list:
        """Without the address that leads to any object by its number."""
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
