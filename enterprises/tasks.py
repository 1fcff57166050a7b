"""Tasks of the enterprises: each calls one service for every district. Safe to run twice."""

from celery import shared_task

from enterprises.services.apartments import lapse_offers as do_lapse
from enterprises.services.reminders import remind_of_party as do_remind
from redprop.areas.models import District


@shared_task(name="enterprises.tasks.remind_of_party")
def remind_of_party() -> None:
    """Remind of elections and of steps that are due."""
    for district in District.objects.order_by("pk"):
        do_remind(district=district)


@shared_task(name="enterprises.tasks.lapse_offers")
def lapse_offers() -> None:
    """Let offers of apartments lapse that were not answered in time."""
    for district in District.objects.order_by("pk"):
        do_lapse(district=district)
