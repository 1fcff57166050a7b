"""Files made in the background for one user: asked for, written by a worker, fetched, gone after some days.

A file is made under the rights that its user has when the worker writes it, and fetched only while
the user's area is still the same. Half a file is never shown: it gets its name when it is complete.
"""

import datetime as dt
import secrets
from pathlib import Path

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from redprop.accounts.models import User
from redprop.common.errors import Refused
from redprop.common.tabular.writing import write_table
from redprop.core.models import ExportFile, Job, NoticeKind, ScheduledReport
from redprop.core.models.exports import Way
from redprop.core.services import jobs, notifications
from redprop.core.services.exports import log_export
from redprop.core.services.listings import Listing, open_listing

EXPORT = "export"
AT_ONCE = 20_000
"""Rows of a workbook that are written while the user waits; more are a job."""
KEPT = dt.timedelta(days=7)
FOLDER = "exports"


def request_file(*, listing: Listing, ending: str, acting_user: User) -> ExportFile:
    """Have a list written by a worker; the same list still being written for the user is not asked for twice."""
    with transaction.atomic():
        User.objects.select_for_update(of=("self",)).get(pk=acting_user.pk)
        waiting = ExportFile.objects.filter(
            user=acting_user,
            page=listing.page,
            register=listing.register,
            query=listing.query,
            ending=ending,
            way=Way.JOB,
            job__state__in=Job.OPEN,
        ).first()
        return waiting or _ask(listing, ending, acting_user)


def _ask(listing: Listing, ending: str, user: User) -> ExportFile:
    file = ExportFile.objects.create(
        district=listing.district,
        user=user,
        recorded_by=user.get_username(),
        page=listing.page,
        register=listing.register,
        title=listing.title[:200],
        ending=ending,
        query=listing.query,
        way=Way.JOB,
        rows=listing.rows,
    )
    send_to_worker(file=file, acting_user=user)
    return file


def send_to_worker(*, file: ExportFile, acting_user: User | None) -> None:
    """Start the job that writes a file, in its user's name."""
    file.job = jobs.start(
        kind=EXPORT, district=file.district, acting_user=file.user, arguments={"file": file.pk}
    )
    file.save(update_fields=["job"])


def folder() -> Path:
    """Where finished and begun files lie; nobody else of the machine reads them."""
    found = Path(settings.MEDIA_ROOT) / FOLDER
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


def _begun(file: ExportFile) -> Path:
    return folder() / f"begun-{file.pk}.{file.ending}"


def _write(job: Job, progress: jobs.Progress) -> None:
    file = ExportFile.objects.select_related("user", "district", "report").get(pk=job.arguments["file"])
    user = jobs.user_of(job)
    assert user is not None
    listing = _open(file, user)
    begun = _begun(file)
    rows = write_table(
        begun, listing.table, lambda done: progress(done=done, total=listing.rows, step="write")
    )
    listing.rows = rows
    file.file = f"{FOLDER}/{file.pk}-{secrets.token_urlsafe(16)}.{file.ending}"
    ready = Path(settings.MEDIA_ROOT) / file.file
    begun.rename(ready)
    try:
        with transaction.atomic():
            file.rows, file.size, file.title = rows, ready.stat().st_size, listing.title[:200]
            file.scope, file.expires_at = listing.scope, timezone.now() + KEPT
            file.save(update_fields=["file", "rows", "size", "title", "scope", "expires_at"])
            log_export(listing=listing, ending=file.ending, way=file.way, acting_user=user)
            _tell(file, user)
            progress.finish()
    except BaseException:
        ready.unlink(missing_ok=True)
        raise


def _open(file: ExportFile, user: User) -> Listing:
    try:
        return open_listing(user=user, page=file.page, register=file.register, query=file.query)
    except PermissionDenied:
        raise Refused(
            _("“%(title)s” is not open to this account any more.") % {"title": file.title}, code="no-right"
        ) from None


def _tell(file: ExportFile, user: User) -> None:
    subject = f"export:{file.pk}"
    notifications.notify(
        users=[user],
        kind=NoticeKind.FILE,
        text=lambda: (
            _("“%(title)s” is ready to be fetched: %(rows)s rows, kept until %(day)s.")
            % {
                "title": file.report.title if file.report else file.title,
                "rows": file.rows,
                "day": f"{timezone.localtime(file.expires_at):%Y-%m-%d}",
            }
        ),
        address=reverse("desk:exports"),
        subject=subject,
    )
    if file.report_id:
        notifications.mail_at_once(user=user, kind=NoticeKind.FILE, subject=subject)


def _give_up(job: Job, sentence: str, cancelled: bool) -> None:
    file = ExportFile.objects.select_related("user", "report__owner").filter(job=job).first()
    if file is None:
        return
    transaction.on_commit(lambda: _begun(file).unlink(missing_ok=True))
    if file.report is not None:
        _tell_owner(file.report, file.user, sentence)
    elif not cancelled:
        notifications.notify(
            users=[file.user],
            kind=NoticeKind.FILE,
            text=lambda: _("“%(title)s” could not be made: %(why)s") % {"title": file.title, "why": sentence},
            address=reverse("desk:exports"),
            subject=f"export:{file.pk}",
        )


def _tell_owner(report: ScheduledReport, user: User, sentence: str) -> None:
    notifications.notify(
        users=[report.owner],
        kind=NoticeKind.FILE,
        text=lambda: (
            _("“%(title)s” was not sent to %(name)s: %(why)s")
            % {"title": report.title, "name": str(user), "why": sentence}
        ),
        address=reverse("desk:reports"),
        subject=f"report:{report.pk}:{user.pk}"[:60],
    )


jobs.register(EXPORT, jobs.Kind(do=_write, give_up=_give_up))


def fetch(*, file: ExportFile, acting_user: User) -> Path:
    """Return where a finished file lies, for its own user; raises Refused when it is gone or no longer theirs."""
    if file.user_id != acting_user.pk:
        raise PermissionDenied
    path = Path(settings.MEDIA_ROOT) / file.file if file.file else None
    if path is None or file.expires_at is None or file.expires_at <= timezone.now() or not path.exists():
        raise Refused(
            _("This file is not kept any more. Export the list again."),
            code="expired",
        )
    if _open(file, acting_user).scope != file.scope:
        raise Refused(
            _("Your area has changed since this file was made. Export the list again."), code="other-scope"
        )
    return path


def cancel_file(*, file: ExportFile, acting_user: User) -> None:
    """Stop the making of a file. Raises Refused when it is over."""
    if file.user_id != acting_user.pk:
        raise PermissionDenied
    if file.job is None:
        raise Refused(_("This is already over."), code="job-over")
    jobs.cancel(job=file.job, acting_user=acting_user)


def remove_file(*, file: ExportFile, acting_user: User) -> None:
    """Take a finished file away before its time; the log of exports keeps the line."""
    if file.user_id != acting_user.pk:
        raise PermissionDenied
    with transaction.atomic():
        found = ExportFile.objects.select_for_update(of=("self",)).get(pk=file.pk)
        if found.job is not None and found.job.is_open:
            raise Refused(_("The file is still being made. Cancel it first."), code="job-open")
        _forget([found])


def expire_files() -> int:
    """Remove files whose time is over, and what a killed worker left; returns how many."""
    now = timezone.now()
    with transaction.atomic():
        over = list(
            ExportFile.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(expires_at__lte=now)
            .exclude(file="")
        )
        _forget(over)
    known = set(ExportFile.objects.exclude(file="").values_list("file", flat=True))
    open_ones = set(ExportFile.objects.filter(job__state__in=Job.OPEN).values_list("pk", flat=True))
    lost = 0
    for path in folder().iterdir():
        name, begun = f"{FOLDER}/{path.name}", path.name.startswith("begun-")
        kept = begun and any(path.name.startswith(f"begun-{pk}.") for pk in open_ones)
        old = now.timestamp() - path.stat().st_mtime > 3600
        if name not in known and not kept and old:
            path.unlink(missing_ok=True)
            lost += 1
    return len(over) + lost


def _forget(files: list[ExportFile]) -> None:
    """Empty the rows, and remove the files once that is committed."""
    paths = [Path(settings.MEDIA_ROOT) / file.file for file in files if file.file]
    ExportFile.objects.filter(pk__in=[file.pk for file in files]).update(file="", expires_at=None)
    transaction.on_commit(lambda: [path.unlink(missing_ok=True) for path in paths])
