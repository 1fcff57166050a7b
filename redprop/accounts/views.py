"""Signing in and out. Whoever works at the desk is led there, all others of a district to the admin."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import reverse

from redprop.accounts.roles import DESK_ROLES


class SignIn(LoginView):
    """The sign-in page; a user already signed in is led on."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        """The page the user's job starts at."""
        user = self.request.user
        if user.roles & DESK_ROLES or not user.is_staff:
            return reverse("desk:home")
        return reverse("admin:index")


class SignOut(LogoutView):
    """Ends the session; by POST only."""
