"""Accounts: users and their dated postings."""

from redprop.accounts.models.postings import Posting
from redprop.accounts.models.users import User

__all__ = ["Posting", "User"]
