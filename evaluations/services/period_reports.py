"""The report of a period as a .docx: asked for by staff, written by a worker with progress, kept with its period."""

import secrets
from pathlib import Path

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.models import EvaluationPeriod, PeriodReport, Release
from evaluations.period_report import period_paper
from evaluations.period_report_data import report_data
from evaluations.services.access import require_role
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.common.documents import as_docx
from redprop.common.documents.pictures import chart_font
from redprop.common.errors import Refused
from redprop.core.models import Job, NoticeKind
from redprop.core.services import jobs, notifications

KIND = "period-report"
FOLDER = "reports"
STEPS = 3

ASKERS = (Role.EVALUATOR, Role.PUBLISHER)


def require_final(period: EvaluationPeriod) -> None:
    """Return when the period has a final list, else raise Refused."""
    finals = Release.objects.filter(period=period, kind=Release.Kind.FINAL, state=Release.State.PUBLISHED)
    if not finals.exists():
        raise Refused(
            _("%(period)s has no final list yet. The report is made from the final list.")
            % {"period": period.value.label},
            code="not-final",
        )


def ask_report(*, period: EvaluationPeriod, acting_user: User | None) -> PeriodReport:
    """Have the report of a final period written by a worker; one still being written is not asked for twice."""
    require_role(acting_user, period.district, *ASKERS)
    require_final(period)
    with transaction.atomic(), acting(acting_user, f"report of {period.code}"):
        EvaluationPeriod.objects.select_for_update(of=("self",)).get(pk=period.pk)
        waiting = PeriodReport.objects.filter(period=period, job__state__in=Job.OPEN).first()
        if waiting is not None:
            return waiting
        report = PeriodReport.objects.create(
            period=period,
            asked_by=acting_user,
            title=_("Report of %(period)s") % {"period": period.value.label},
            recorded_by=str(acting_user or ""),
        )
        report.job = jobs.start(
            kind=KIND, district=period.district, acting_user=acting_user, arguments={"report": report.pk}
        )
        report.save(update_fields=["job"])
    return report


def folder() -> Path:
    """Where reports lie; nobody else of the machine reads them."""
    found = Path(settings.MEDIA_ROOT) / FOLDER
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


def make_report(period: EvaluationPeriod) -> tuple[bytes, str, str]:
    """Return the report as .docx, its title and the release it is made from. Raises Refused before the final list."""
    data = report_data(period)
    if data is None:
        require_final(period)
        raise AssertionError("a final period has data")
    paper = period_paper(data, today=business_today(period.district), font=chart_font())
    return as_docx(paper), paper.title, data.release_number


def _write(job: Job, progress: jobs.Progress) -> None:
    found = PeriodReport.objects.select_related("period__district", "period__rubric", "asked_by")
    report = found.get(pk=job.arguments["report"])
    jobs.user_of(job)
    progress(done=0, total=STEPS, step="read")
    content, title, number = make_report(report.period)
    progress(done=2, total=STEPS, step="write")
    report.file = f"{FOLDER}/{report.pk}-{secrets.token_urlsafe(16)}.docx"
    path = folder().parent / report.file
    path.write_bytes(content)
    try:
        with transaction.atomic(), acting(report.asked_by, "report written"):
            report.title, report.release_number = title[:150], number
            report.size, report.made_at = len(content), timezone.now()
            report.save(update_fields=["file", "title", "release_number", "size", "made_at"])
            _tell(report, _("“%(title)s” is ready to be fetched.") % {"title": title})
            progress.finish()
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _give_up(job: Job, sentence: str, cancelled: bool) -> None:
    report = PeriodReport.objects.select_related("asked_by").filter(pk=job.arguments["report"]).first()
    if report is not None and not cancelled:
        _tell(report, _("“%(title)s” could not be made: %(why)s") % {"title": report.title, "why": sentence})


def _tell(report: PeriodReport, words: str) -> None:
    if report.asked_by is not None:
        notifications.notify(
            users=[report.asked_by],
            kind=NoticeKind.FILE,
            text=lambda: words,
            address=reverse("admin:evaluations_periodreport_change", args=[report.pk]),
            subject=f"period-report:{report.pk}",
        )


jobs.register(KIND, jobs.Kind(do=_write, give_up=_give_up))


def fetch_report(*, report: PeriodReport, acting_user: User) -> Path:
    """Return where a written report lies. Raises Refused while it is not written, PermissionDenied out of reach."""
    if not PeriodReport.objects.for_user(acting_user).filter(pk=report.pk).exists():
        raise PermissionDenied
    path = Path(settings.MEDIA_ROOT) / report.file if report.file else None
    if path is None or not path.exists():
        raise Refused(
            _("The report is not written yet. Ask for it on the page of the period."), code="not-written"
        )
    return path
