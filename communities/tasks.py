"""Tasks of the communities: each calls one service for every district. Safe to run twice."""

from celery import shared_task

from communities.services.interface import forget_calls
from communities.services.proxies import erase_due_proxies
from communities.services.reminders import remind_of_filing as do_remind
from communities.services.request_contacts import erase_contacts
from communities.services.resealing import reseal_rows
from communities.services.supervision import issue_orders as do_issue
from communities.services.volunteers import erase_due_help as do_erase
from redprop.areas.models import District


@shared_task(name="communities.tasks.issue_orders")
def issue_orders() -> None:
    """Issue the supervision orders of the day."""
    for district in District.objects.order_by("pk"):
        do_issue(district=district)


@shared_task(name="communities.tasks.remind_of_filing")
def remind_of_filing() -> None:
    """Remind of the month's filing."""
    for district in District.objects.order_by("pk"):
        do_remind(district=district)


@shared_task(name="communities.tasks.erase_due_help")
def erase_due_help() -> None:
    """Erase the rows of households in need and of proxy handling whose day has come."""
    for district in District.objects.order_by("pk"):
        do_erase(district=district)
        erase_due_proxies(district=district)


@shared_task(name="communities.tasks.forget_in_time")
def forget_in_time() -> None:
    """Erase residents' contacts and answers of the interface whose time is over."""
    for district in District.objects.order_by("pk"):
        erase_contacts(district=district)
    forget_calls()


@shared_task(name="communities.tasks.reseal")
def reseal() -> None:
    """Move what is stored encrypted to the newest key."""
    reseal_rows()
