"""Pages of signing in and of one's own account."""

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
    "locked_out",
    "second_factor",
    "start_page",
]
