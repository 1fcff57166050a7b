"""The page "who can do what and why": each role in plain words with its rights, and each account's roles with
since when, until when, who gave them and the reason.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from redprop.accounts.duties import rights_of
from redprop.accounts.models import Posting
from redprop.accounts.roles import Role
from redprop.core.admin.base import today_of


class WhoCanWhat:
    """Adds the page to the list of postings."""

    def get_urls(self) -> list:
        """In front of the usual addresses."""
        view = self.admin_site.admin_view(self.who_can_what)  # type: ignore[attr-defined]
        return [path("who-can-what/", view, name="accounts_posting_who"), *super().get_urls()]  # type: ignore[misc]

    def who_can_what(self, request: HttpRequest) -> HttpResponse:
        """Roles with whoever holds them today (three queries)."""
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        today = today_of(request)
        rows = Posting.objects.for_user(request.user).on(today)
        held: dict[str, list[Posting]] = {}
        related = ("user", "district", "subdistrict", "community", "stands_in_for")
        for posting in rows.select_related(*related).order_by("user__username", "valid_from"):
            held.setdefault(posting.role, []).append(posting)
        roles = [{"rights": rights_of(role), "held": held.get(role, [])} for role in Role.values]
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": _("Who can do what and why"),
            "roles": roles,
            "day": today,
            "list_url": reverse("admin:accounts_posting_changelist"),
            "file_url": reverse("admin:accounts_posting_export", args=["list", "xlsx"]) + "?in_force=now",
        }
        return TemplateResponse(request, "admin/core/who_can_what.html", context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the link to the page."""
        extra = {**(extra_context or {}), "who_url": reverse("admin:accounts_posting_who")}
        return super().changelist_view(request, extra)  # type: ignore[misc]
