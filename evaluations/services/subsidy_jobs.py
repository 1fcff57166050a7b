"""Computing entitlements by a worker: asked for on a page, and every night for the last quarter with a final list."""

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.models import SubsidyRule
from evaluations.services.entitlements import compute_entitlements
from evaluations.subsidies.scores import has_final
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind
from redprop.core.models import Job
from redprop.core.services import jobs

KIND = "compute-entitlements"


def start_computing(*, district: District, period: str, acting_user: User | None) -> Job:
    """Hand the computation of a month, quarter or year to a worker; raises Refused."""
    found = Period.parse(period)
    waiting = Job.objects.filter(
        district=district, kind=KIND, state__in=Job.OPEN, arguments__period=str(found)
    )
    if waiting.exists():
        raise Refused(_("%(period)s is being computed just now.") % {"period": found}, code="running")
    with transaction.atomic(), acting(acting_user, f"compute {found}"):
        return jobs.start(
            kind=KIND, district=district, acting_user=acting_user, arguments={"period": str(found)}
        )


def _compute(job: Job, progress: jobs.Progress) -> None:
    with transaction.atomic():
        computed = compute_entitlements(
            district=job.district,
            period=Period.parse(job.arguments["period"]),
            acting_user=jobs.user_of(job),
        )
        progress.finish(
            _(
                "%(period)s: %(due)s due, of them %(new)s new, %(unchanged)s unchanged, %(replaced)s replaced, %(voided)s voided, %(held)s held, %(adjusted)s adjusted; %(problems)s remarks."
            )
            % {**computed.as_dict(), "period": job.arguments["period"], "problems": len(computed.problems)}
        )


jobs.register(KIND, jobs.Kind(_compute))


def compute_all() -> int:
    """Ask for the last quarter with a final list in every district with rules; returns how many jobs were started.

    Late confirmations and corrections of registers so find their way into what is owed.
    """
    started = 0
    for district in District.objects.filter(pk__in=SubsidyRule.objects.adopted().values("district")).order_by(
        "pk"
    ):
        quarter = Period.of(PeriodKind.QUARTER, business_today(district)).shift(-1)
        if not has_final(district, quarter):
            continue
        try:
            start_computing(district=district, period=str(quarter), acting_user=None)
            started += 1
        except Refused:
            continue  # it is being computed already
    return started
