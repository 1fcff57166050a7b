"""Accounts: users, their dated postings and the sessions in which they are signed in."""

from redprop.accounts.models.postings import Posting
from redprop.accounts.models.sessions import SignInSession
from redprop.accounts.models.users import User

__all__ = ["Posting", "SignInSession", "User"]
