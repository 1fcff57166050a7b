"""Pages of signing in and of one's own account."""

from redprop.accounts.views.kept_words import kept_words
from redprop.accounts.views.provider import back as provider_back
from redprop.accounts.views.provider import start as provider_start
from redprop.accounts.views.second_factor import Code, Enrol, second_factor
from redprop.accounts.views.sign_in import (
    Password,
    SignIn,
    SignOut,
    account,
    end_sessions,
    locked_out,
    start_page,
)

__all__ = [
    "Code",
    "Enrol",
    "Password",
    "SignIn",
    "SignOut",
    "account",
    "end_sessions",
    "kept_words",
    "locked_out",
    "provider_back",
    "provider_start",
    "second_factor",
    "start_page",
]
