"""Background work of the public pages: after a release, and for releases whose files are missing."""

from celery import shared_task

from redprop.areas.models import District
from redprop.public import publishing


@shared_task(ignore_result=True)
def publish_release(release_id: int) -> None:
    """Put a release into files. Safe to run twice; what fails is swept."""
    publishing.publish_release(release_id)


@shared_task(ignore_result=True)
def publish_subsidies(district_id: int) -> None:
    """Put the notices and approved batches of subsidies into files. The nightly refresh does it too."""
    for district in District.objects.filter(pk=district_id):
        publishing.publish_subsidies(district)


@shared_task(ignore_result=True)
def sweep_publishing() -> None:
    """Publish what has no files yet."""
    publishing.sweep_publishing()


@shared_task(ignore_result=True)
def publish_changes() -> None:
    """Render the pages of districts of which something that they show has changed since."""
    publishing.publish_changes()


@shared_task(ignore_result=True)
def refresh_public_pages() -> None:
    """Render the public pages anew once a night: compounds change hands between two lists."""
    publishing.refresh()


@shared_task(ignore_result=True)
def publish_flags(district_id: int) -> None:
    """Render the pages of a district whose rotating flags moved. The nightly refresh does it too."""
    for district in District.objects.filter(pk=district_id):
        publishing.publish_moved_flags(district)
