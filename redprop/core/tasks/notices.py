"""Notices: gathered into messages and sent out."""

from celery import shared_task

from redprop.areas.models import District
from redprop.core.services.calendar import remind_of_calendar as do_remind
from redprop.core.services.delivery import send_out
from redprop.core.services.notifications import gather


@shared_task(name="redprop.core.tasks.deliver_notices")
def deliver_notices() -> None:
    """Gather what was told since and send what is due. Safe to run twice."""
    gather()
    send_out()


@shared_task(name="redprop.core.tasks.remind_of_calendar")
def remind_of_calendar() -> None:
    """Tell the registrars of a year without public holidays. Safe to run twice."""
    for district in District.objects.order_by("pk"):
        do_remind(district=district)
