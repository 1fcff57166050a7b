"""Exported files: those of due reports are made, those whose time is over go."""

from celery import shared_task

from redprop.core.services.export_files import expire_files
from redprop.core.services.reports import prepare_due


@shared_task(name="redprop.core.tasks.prepare_reports")
def prepare_reports() -> None:
    """Have the files of due reports made. Safe to run twice."""
    prepare_due()


@shared_task(name="redprop.core.tasks.expire_exports")
def expire_exports() -> None:
    """Remove files whose time is over."""
    expire_files()
