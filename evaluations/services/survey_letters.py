"""Letters with the codes of a survey: made by a worker, fetched within days, then deleted.

The codes exist in the letters alone: the database keeps their keyed hashes, which are written in the same
transaction that ends the job. A household's new letter makes the one before void; who has answered gets none.
"""

import datetime as dt
import secrets
import zipfile
from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from communities.paper import chinese_day
from enterprises.models import ServiceProject
from evaluations.models import SurveyHousehold, SurveyPrint, SurveyRound
from evaluations.services.access import require_role
from evaluations.services.survey_answers import hash_of, new_code, shown_code
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.common.documents.letters import Frame, Letter, letters_pdf
from redprop.common.errors import Refused
from redprop.core.models import Job, NoticeKind
from redprop.core.services import jobs, notifications

LETTERS = "survey-letters"
FOLDER = "survey-letters"
KEPT = dt.timedelta(days=3)


def request_letters(
    *, row: SurveyRound, project: ServiceProject | None = None, acting_user: User
) -> SurveyPrint:
    """Have letters made for the drawn households that have not answered, of one project or of all.

    Raises Refused while letters of this survey are being made, or when nobody is left to write to.
    """
    require_role(acting_user, row.district, Role.EVALUATOR)
    with transaction.atomic(), acting(acting_user, "letters"):
        row = SurveyRound.objects.select_for_update(of=("self",)).select_related("district").get(pk=row.pk)
        if row.state != SurveyRound.State.OPEN or business_today(row.district) > row.ends_on:
            raise Refused(_("%(what)s is not open.") % {"what": row}, code="not-open")
        if SurveyPrint.objects.filter(round=row, job__state__in=Job.OPEN).exists():
            raise Refused(
                _("Letters of this survey are being made. Wait until they are ready."), code="printing"
            )
        waiting = SurveyHousehold.objects.filter(round=row, answered=False)
        if project is not None:
            waiting = waiting.filter(project=project)
        count = waiting.count()
        if not count:
            raise Refused(_("Everybody who was drawn has answered: no letter is needed."), code="no-letters")
        made = SurveyPrint.objects.create(
            round=row,
            project=project,
            asked_by=acting_user,
            letters=count,
            recorded_at=business_now(row.district),
            recorded_by=acting_user.get_username(),
        )
        made.job = jobs.start(
            kind=LETTERS, district=row.district, acting_user=acting_user, arguments={"print": made.pk}
        )
        made.save(update_fields=["job"])
    return made


def _folder() -> Path:
    found = Path(settings.MEDIA_ROOT) / FOLDER
    found.mkdir(parents=True, exist_ok=True, mode=0o700)
    return found


def _make(job: Job, progress: jobs.Progress) -> None:
    made = SurveyPrint.objects.select_related("round__district", "round__period", "project").get(
        pk=job.arguments["print"]
    )
    user = jobs.user_of(job)
    rows = (
        SurveyHousehold.objects.filter(round=made.round, answered=False)
        .select_related("compound", "project__enterprise")
        .order_by("project__code", "compound__code", "number", "pk")
    )
    if made.project_id:
        rows = rows.filter(project=made.project_id)
    households = list(rows)
    codes = {row.pk: new_code() for row in households}
    begun = _folder() / f"begun-{made.pk}"
    ending = "pdf" if made.project_id else "zip"
    try:
        _write(begun, made, households, codes, progress)
        made.file = f"{FOLDER}/{made.pk}-{secrets.token_urlsafe(16)}.{ending}"
        ready = Path(settings.MEDIA_ROOT) / made.file
        begun.rename(ready)
    except BaseException:
        begun.unlink(missing_ok=True)
        raise
    try:
        with transaction.atomic(), acting(user, "letters made"):
            written = _keep_hashes(codes)
            made.letters, made.expires_at = written, timezone.now() + KEPT
            made.save(update_fields=["file", "letters", "expires_at"])
            _count_letters(made)
            if user is not None:
                _tell(made, user)
            progress.finish()
    except BaseException:
        ready.unlink(missing_ok=True)
        raise


def _write(
    path: Path,
    made: SurveyPrint,
    households: list[SurveyHousehold],
    codes: dict[int, str],
    progress: jobs.Progress,
) -> None:
    """Write one PDF, or a ZIP with one PDF for each project."""
    done = 0
    if made.project_id:
        progress(done=0, total=len(households), step="write")
        path.write_bytes(_pdf(made.round, households, codes))
        return
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for project, group in groupby(households, key=lambda row: row.project):
            own = list(group)
            archive.writestr(f"{project.code}-{project.name}.pdf", _pdf(made.round, own, codes))
            done += len(own)
            progress(done=done, total=len(households), step="write")


def _pdf(row: SurveyRound, households: list[SurveyHousehold], codes: dict[int, str]) -> bytes:
    site = settings.SITE_ADDRESS.rstrip("/")
    with override("zh-hans"):
        frame = Frame(
            programme=_("Red Property of %(district)s") % {"district": row.district},
            title=row.title,
            scan=_("Scan the code and answer: some two minutes, no name, no registration."),
            type=_("Or open this address and type the code:"),
            address=f"{site.partition('//')[2] or site}{reverse('public:survey')}",
            foot=[
                _(
                    "Your household was drawn by lot; one answer a household counts. Please do not pass the code on."
                ),
                _(
                    "No name, telephone or ID number is asked or kept. The enterprise never sees who answered what."
                ),
                _("You need not take part. Nobody has a disadvantage by it, and no reward is promised."),
            ],
            issued=row.asked_by,
            corner="演示数据" if row.district.is_demo else "",
        )
        letters = [
            Letter(
                addressee=_("To the household %(number)s, %(compound)s")
                % {"number": home.number, "compound": home.compound.name},
                lines=[
                    _("%(who)s asks: how satisfied are you with the service of %(project)s (%(enterprise)s)?")
                    % {
                        "who": row.asked_by,
                        "project": home.project.name,
                        "enterprise": home.project.enterprise.name,
                    },
                    row.purpose,
                    _("Please answer by %(day)s.") % {"day": chinese_day(row.ends_on)},
                ],
                address=f"{site}{reverse('public:survey-answer', args=[codes[home.pk]])}",
                code=shown_code(codes[home.pk]),
                place=_("%(project)s · letter %(place)s of %(count)s")
                % {"project": home.project.code, "place": place, "count": len(households)},
            )
            for place, home in enumerate(households, start=1)
        ]
    return letters_pdf(frame, letters)


def _keep_hashes(codes: dict[int, str]) -> int:
    """Write the hashes of the new codes for those who have not answered meanwhile; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE evaluations_surveyhousehold h SET token_hash = new.hash, letters = h.letters + 1 "
            "FROM unnest(%s::bigint[], %s::text[]) AS new(id, hash) WHERE h.id = new.id AND NOT h.answered",
            [list(codes), [hash_of(code) for code in codes.values()]],
        )
        return cursor.rowcount


def _count_letters(made: SurveyPrint) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE evaluations_surveysample s SET letters = found.letters FROM ("
            "  SELECT project_id, sum(letters) AS letters FROM evaluations_surveyhousehold"
            "  WHERE round_id = %s GROUP BY project_id) found "
            "WHERE s.round_id = %s AND s.project_id = found.project_id",
            [made.round_id, made.round_id],
        )


def _tell(made: SurveyPrint, user: User) -> None:
    notifications.notify(
        users=[user],
        kind=NoticeKind.FILE,
        text=lambda: (
            _("%(count)s letters of “%(what)s” are ready, kept until %(day)s.")
            % {
                "count": made.letters,
                "what": made.round,
                "day": f"{timezone.localtime(made.expires_at):%Y-%m-%d %H:%M}",
            }
        ),
        address=reverse("admin:evaluations_surveyround_change", args=[made.round_id]),
        subject=f"letters:{made.pk}",
    )


def fetch_letters(*, made: SurveyPrint, acting_user: User) -> Path:
    """Return where the letters lie, for an evaluator of the district; raises Refused when they are gone."""
    require_role(acting_user, made.round.district, Role.EVALUATOR)
    path = Path(settings.MEDIA_ROOT) / made.file if made.file else None
    if path is None or made.expires_at is None or made.expires_at <= timezone.now() or not path.exists():
        raise Refused(
            _("These letters are not kept any more. Make new ones: the codes of the old ones are then void."),
            code="expired",
        )
    return path


def expire_letters() -> int:
    """Delete letters whose time is over, and what a killed worker left; returns how many. Safe to run twice."""
    now = timezone.now()
    with transaction.atomic(), acting(None, "letters deleted"):
        over = list(
            SurveyPrint.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(expires_at__lte=now)
            .exclude(file="")
        )
        paths = [Path(settings.MEDIA_ROOT) / made.file for made in over]
        SurveyPrint.objects.filter(pk__in=[made.pk for made in over]).update(file="")
        transaction.on_commit(lambda: [path.unlink(missing_ok=True) for path in paths])
    known = set(SurveyPrint.objects.exclude(file="").values_list("file", flat=True))
    open_jobs = SurveyPrint.objects.filter(job__state__in=Job.OPEN).exists()
    lost = 0
    for path in _folder().iterdir():
        old = now.timestamp() - path.stat().st_mtime > 3600
        if f"{FOLDER}/{path.name}" not in known and old and not open_jobs:
            path.unlink(missing_ok=True)
            lost += 1
    return len(over) + lost


jobs.register(LETTERS, jobs.Kind(do=_make))
