"""Signing in and out, one's own password and devices. Desk users are led to the desk, all others to the admin."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from redprop.accounts.duties import rights_of
from redprop.accounts.models import SignInEntry, SignInSession, second_factor_required
from redprop.accounts.provider import is_configured
from redprop.accounts.roles import DESK_ROLES
from redprop.accounts.second_step import begin
from redprop.accounts.services import sign_in
from redprop.accounts.services.sign_in_log import record
from redprop.common.senders import sender

SHOWN = 20
"""So many of one's own last sign-ins stand on the page of the account."""


def start_page(user: Any) -> str:
    """The page the user's job starts at."""
    if user.roles & DESK_ROLES or not user.is_staff:
        return reverse("desk:home")
    return reverse("admin:index")


class SignIn(LoginView):
    """The sign-in page; a user already signed in is led on."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Hold up an address from which one password after the other is tried on one name after the other."""
        username = request.POST.get("username", "")[:150]
        if sign_in.too_many_from(sender(request), username):
            record(SignInEntry.Kind.LOCKED_OUT, request=request, username=username)
            return locked_out(request, None, {})
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Remember the device with the new session; whoever has a second factor, or needs one, goes on to it."""
        answer = super().form_valid(form)
        sign_in.remember_device(self.request)
        record(SignInEntry.Kind.SIGNED_IN, request=self.request, user=self.request.user)
        return begin(self.request, self.get_success_url()) or answer

    def form_invalid(self, form: Any) -> HttpResponse:
        """Log the attempt."""
        locked = getattr(self.request, "axes_locked_out", False)
        kind = SignInEntry.Kind.LOCKED_OUT if locked else SignInEntry.Kind.WRONG_PASSWORD
        if username := form.cleaned_data.get("username") or self.request.POST.get("username", ""):
            record(kind, request=self.request, username=username)
        return super().form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say in a demo that it is entered without the second factor."""
        easy = settings.DEMO and not settings.SECOND_FACTOR_REQUIRED
        by_provider = settings.OIDC_NAME if is_configured() else ""
        found = super().get_context_data(**kwargs, without_second_factor=easy, by_provider=by_provider)
        found.pop(
            "site", None
        )  # Django's own word for the host would hide ours, and the demo's ribbon with it
        return found

    def get_default_redirect_url(self) -> str:
        return start_page(self.request.user)


class SignOut(LogoutView):
    """Ends the session; by POST only."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Log it."""
        if request.user.is_authenticated:
            record(SignInEntry.Kind.SIGNED_OUT, request=request, user=request.user)
        return super().post(request, *args, **kwargs)


def locked_out(request: HttpRequest, answer: Any, credentials: Any) -> HttpResponse:
    """The answer after too many wrong passwords for one user name from one address."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    context = {"minutes": minutes, "attempts": settings.AXES_FAILURE_LIMIT}
    return render(request, "accounts/locked_out.html", context, status=429)


class OwnPasswordForm(PasswordChangeForm):
    """A new password is another one."""

    def clean(self) -> dict[str, Any]:
        """Refuse the old one again."""
        found: dict[str, Any] = super().clean()
        if found.get("new_password1") and found.get("new_password1") == found.get("old_password"):
            self.add_error("new_password1", _("This is the password you have now. Choose another one."))
        return found


class Password(PasswordChangeView):
    """One's own password. Whoever signed in with a given one comes here first."""

    template_name = "accounts/password.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("accounts:account")

    def form_valid(self, form: Any) -> HttpResponse:
        """Change it, stay signed in here and nowhere else."""
        first = self.request.user.must_choose_password
        user = sign_in.choose_password(form=form, keep=self.request.session.session_key)
        update_session_auth_hash(self.request, user)
        messages.success(
            self.request, _("The new password is in force. On other devices you have been signed out.")
        )
        return redirect(start_page(user) if first else self.get_success_url())


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Who I am here, since when, and on which devices I am signed in."""
    sessions = SignInSession.objects.filter(user=request.user, expire_date__gt=timezone.now())
    devices = [
        {
            "mark": sign_in.mark_of(one),
            "device": one.device,
            "address": one.address,
            "until": one.expire_date,
            "here": one.session_key == request.session.session_key,
        }
        for one in sessions.order_by("-expire_date")
    ]
    context = {
        "devices": sorted(devices, key=lambda one: not one["here"]),
        "postings": request.user.current_postings,
        "start": start_page(request.user),
        "required": second_factor_required(request.user),
        "rights": [rights_of(role) for role in sorted(request.user.roles)],
        "sign_ins": request.user.sign_ins.all()[:SHOWN],
    }
    return render(request, "accounts/account.html", context)


@login_required
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out on one other device, or on all others."""
    count = sign_in.end_sessions(
        user=request.user,
        acting_user=request.user,
        keep=request.session.session_key,
        mark=request.POST.get("mark"),
    )
    if count:
        messages.success(request, _("Signed out on %(count)s devices.") % {"count": count})
    else:
        messages.info(request, _("That device was signed out already."))
    return redirect("accounts:account")
