"""Work on jobs, and the sweeper that calls again for what was lost."""

from celery import shared_task

from redprop.core.services import jobs, uploads


@shared_task(name="redprop.core.tasks.work_on_job")
def work_on_job(job_id: int) -> None:
    """Do one job, unless it is done or somebody is at it."""
    jobs.run(job_id)


@shared_task(name="redprop.core.tasks.sweep_jobs")
def sweep_jobs() -> None:
    """Call for workers for jobs that nobody works on; drop previews whose files must not lie about."""
    jobs.sweep()
    uploads.drop_abandoned()
