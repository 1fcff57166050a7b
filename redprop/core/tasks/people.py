"""Personal data past their time go every night."""

from celery import shared_task

from redprop.core.services.people_retention import apply_rules


@shared_task(name="redprop.core.tasks.keep_people_data_in_time")
def keep_people_data_in_time() -> None:
    """Apply the rules of personal data. Safe to run twice."""
    apply_rules()
