"""Accounts: users, postings, sessions, second factors, the sign-in log, the review of accounts and the audit trail."""

from redprop.accounts.models.audit import AuditBlock, AuditLine, AuditPending, AuditShape
from redprop.accounts.models.postings import Posting
from redprop.accounts.models.reviews import AccountReview, AccountReviewLine
from redprop.accounts.models.second_factor import FactorReset, SecondFactor, second_factor_required
from redprop.accounts.models.sessions import SignInSession
from redprop.accounts.models.sign_ins import SignInEntry
from redprop.accounts.models.users import User

__all__ = [
    "AccountReview",
    "AccountReviewLine",
    "AuditBlock",
    "AuditLine",
    "AuditPending",
    "AuditShape",
    "FactorReset",
    "Posting",
    "SecondFactor",
    "SignInEntry",
    "SignInSession",
    "User",
    "second_factor_required",
]
