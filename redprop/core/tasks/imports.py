"""Imports: the kinds of job they bring, and the nightly tidying."""

from celery import shared_task

from redprop.accounts.services import sign_in
from redprop.core.services import error_books, undo, uploads  # noqa: F401  (register their kinds of job)
from redprop.core.services.tidying import tidy


@shared_task(name="redprop.core.tasks.tidy_files")
def tidy_files() -> None:
    """Take away what is past its time. Safe to run twice."""
    tidy()
    sign_in.forget_old()
