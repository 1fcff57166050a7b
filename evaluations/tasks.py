"""Tasks of the evaluation: each takes ids and calls one service. The rows say what is to be done."""

import datetime as dt

from celery import shared_task
from django.utils import timezone

from evaluations.models import ClosingRun, Release
from evaluations.services.closing import work_on_run as do_work
from evaluations.services.credit import record_release_events
from evaluations.services.display import expire_display as end_display
from evaluations.services.flag_withdrawals import propose_withdrawals
from evaluations.services.follow_ups import open_follow_ups
from evaluations.services.period_reports import KIND as _REPORT  # noqa: F401  registers its kind of job
from evaluations.services.releases import FINAL_KINDS
from evaluations.services.resealing import reseal_accounts
from evaluations.services.subsidy_jobs import compute_all
from evaluations.services.survey_letters import expire_letters as delete_letters
from evaluations.services.survey_reminders import remind_of_second_surveys
from evaluations.services.surveys import tend_rounds
from redprop.areas.models import District
from redprop.common.queue import send_now

FILES_AFTER = dt.timedelta(seconds=60)


@shared_task(name="evaluations.tasks.work_on_run")
def work_on_run(run_id: int) -> None:
    """Do what is left of a closing run."""
    do_work(run_id)


@shared_task(name="evaluations.tasks.sweep_runs")
def sweep_runs() -> None:
    """Call for work that was lost on the way: running runs, and releases whose files are missing."""
    for run_id in ClosingRun.objects.filter(state=ClosingRun.State.RUNNING).values_list("pk", flat=True):
        send_now("evaluations.tasks.work_on_run", run_id)
    missing = Release.objects.filter(
        state=Release.State.PUBLISHED,
        files_published_at__isnull=True,
        recorded_at__lt=timezone.now() - FILES_AFTER,
    )
    for release_id in missing.values_list("pk", flat=True):
        send_now("redprop.public.tasks.publish_release", release_id)


@shared_task(name="evaluations.tasks.expire_display")
def expire_display() -> None:
    """End the display of entries whose time is over, in every district."""
    for district in District.objects.order_by("pk"):
        end_display(district=district)


@shared_task(name="evaluations.tasks.propose_flag_withdrawals")
def propose_flag_withdrawals() -> None:
    """Propose the withdrawal of flags whose project has a veto or a final black since, in every district."""
    for district in District.objects.order_by("pk"):
        propose_withdrawals(district=district)


@shared_task(name="evaluations.tasks.tend_surveys")
def tend_surveys() -> None:
    """Close surveys whose last day is over, erase old lists, tell of second surveys that fall due. Safe to run twice."""
    for district in District.objects.order_by("pk"):
        tend_rounds(district=district)
        remind_of_second_surveys(district=district)


@shared_task(name="evaluations.tasks.expire_letters")
def expire_letters() -> None:
    """Delete letters whose time is over."""
    delete_letters()


@shared_task(name="evaluations.tasks.record_credit")
def record_credit() -> None:
    """Give the final quarter lists of the last 60 days their credit events and follow-ups, where they are missing."""
    since = timezone.now() - dt.timedelta(days=60)
    for release in Release.objects.filter(kind__in=FINAL_KINDS, recorded_at__gte=since).select_related(
        "district", "period__rubric"
    ):
        record_release_events(release=release, acting_user=None)
        open_follow_ups(release=release, acting_user=None)


@shared_task(name="evaluations.tasks.compute_entitlements")
def compute_entitlements() -> None:
    """Ask for the last quarter with a final list to be computed again, in every district."""
    compute_all()


@shared_task(name="evaluations.tasks.reseal")
def reseal() -> None:
    """Move account numbers and bank files to the newest key."""
    reseal_accounts()
