"""Notices: gathered into messages and sent out."""

from celery import shared_task

from redprop.core.services.delivery import send_out
from redprop.core.services.notifications import gather


@shared_task(name="redprop.core.tasks.deliver_notices")
def deliver_notices() -> None:
    """Gather what was told since and send what is due. Safe to run twice."""
    gather()
    send_out()
