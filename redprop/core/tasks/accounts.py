"""Accounts at night: the quarter's review is opened, leavers' accounts are closed, keys move to the newest."""

from celery import shared_task

from redprop.accounts.services import reviews, second_factor


@shared_task(name="redprop.core.tasks.tend_accounts")
def tend_accounts() -> None:
    """Safe to run twice."""
    reviews.tend_accounts()
    second_factor.reseal_keys()
