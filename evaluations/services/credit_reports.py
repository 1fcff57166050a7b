"""Credit reports: what the ledger says of an enterprise on a day, frozen with a digest and a verification code.

Anyone can check a report by its code, and recompute its total from the lines printed in it.
"""

import datetime as dt
import secrets
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from enterprises.models import Enterprise, ServiceProject
from evaluations.credit.grading import Standing, last_day
from evaluations.credit.schemes import Part
from evaluations.credit_paper import report_paper
from evaluations.models import CityRating, CreditEvent, CreditReport, CreditScheme, TenderBid
from evaluations.scoring.canonical import digest
from evaluations.services.access import require_role
from evaluations.services.credit import (
    KEEPERS,
    manager_on,
    scheme_value,
    standing_of_manager,
    standings,
)
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now, business_today
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.areas.models import District
from redprop.common import signing
from redprop.common.documents import as_pdf
from redprop.common.errors import Refused
from redprop.core.models import Person

ISSUERS = (*KEEPERS, Role.PUBLISHER)
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters and digits that are not taken for one another when read aloud."""


def issue_credit_report(
    *,
    enterprise: Enterprise,
    scheme: CreditScheme,
    as_of: dt.date,
    purpose: str,
    manager_of: ServiceProject | None = None,
    acting_user: User,
) -> CreditReport:
    """Freeze the enterprise's standing on `as_of` as a report. Raises Refused for a day to come or without purpose.

    `manager_of`: the report is of who manages that project on the day, from the managers' own ledger.
    """
    district = enterprise.district
    require_role(acting_user, district, *ISSUERS)
    purpose = purpose.strip()
    if not purpose:
        raise Refused(_("Say what the report is for."), code="purpose-missing", field="purpose")
    if as_of > business_today(district):
        raise Refused(_("This day is still to come. Check the date."), code="future", field="as_of")
    with transaction.atomic(), acting(acting_user, "issue credit report"):
        District.objects.select_for_update().get(pk=district.pk)
        now = business_now(district)
        person = None
        if manager_of is None:
            standing = standings(enterprises=[enterprise], scheme=scheme, day=as_of)[enterprise.pk]
            content = report_content(enterprise, scheme, standing)
        else:
            if manager_of.enterprise_id != enterprise.pk:
                raise Refused(
                    _("%(project)s is a project of another enterprise.") % {"project": manager_of},
                    code="other-firm",
                    field="project",
                )
            person = manager_on(project=manager_of, day=as_of)
            standing = standing_of_manager(person=person, scheme=scheme, day=as_of)
            content = report_content(enterprise, scheme, standing)
            content["manager"] = manager_words(district, manager_of, person, today=business_today(district))
            content["city_rating"] = None
        prefix = f"XYBG{now:%Y}-{district.code}-"
        number = CreditReport.objects.filter(district=district, number__startswith=prefix).count() + 1
        return CreditReport.objects.create(
            district=district,
            number=f"{prefix}{number:05d}",
            code=new_code(),
            scheme=scheme,
            enterprise=enterprise,
            person=person,
            project=manager_of,
            as_of=as_of,
            issued_at=now,
            total=standing.total,
            grade=standing.grade.name if standing.grade else "",
            content=content,
            digest=digest(content),
            purpose=purpose,
            recorded_at=now,
            recorded_by=str(acting_user),
        )


def manager_words(
    district: District, project: ServiceProject, person: Person, *, today: dt.date
) -> dict[str, str]:
    """Return what a report says of a manager: the post always, the name only where its legal basis is on record."""
    since = district.names_of_persons_since
    named = since is not None and since <= today
    return {"post": "项目经理", "project": project.name, "name": person.name if named else ""}


def signed_report_pdf(report: CreditReport, *, address: str) -> bytes:
    """Return the report's PDF, signed by the configured certificate; unsigned where there is none."""
    content = as_pdf(report_paper(report, address=address))
    if not signing.can_sign():
        return content
    return signing.sign_pdf(
        content, reason=f"信用报告 {report.number} 校验码 {report.code} 摘要 {report.digest}"
    )


def new_code() -> str:
    """Return a verification code of four groups that nobody guesses (about 79 bits)."""
    letters = "".join(secrets.choice(ALPHABET) for _index in range(16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def report_content(enterprise: Enterprise, scheme: CreditScheme, standing: Standing) -> dict[str, Any]:
    """Return everything the report prints, as plain values (three queries)."""
    value = scheme_value(scheme)
    rows = {
        row.number: row
        for row in CreditEvent.objects.filter(
            district=enterprise.district, number__in=[event.key for event in standing.counted]
        ).select_related("project", "enterprise")
    }
    city = CityRating.objects.filter(enterprise=enterprise, rated_on__lte=standing.on).first()
    head = enterprise.head or enterprise
    return {
        "enterprise": {"name": enterprise.name, "uscc": enterprise.uscc},
        "rated": {"name": head.name, "uscc": head.uscc},
        "scheme": {"code": scheme.code, "title": scheme.title, "document": scheme.document},
        "as_of": standing.on.isoformat(),
        "start": str(scheme.start),
        "sums": {str(part): str(standing.sums[part]) for part in Part},
        "caps": {str(part): str(cap) for part, cap in value.caps.items()},
        "total": str(standing.total),
        "grade": standing.grade.name if standing.grade else "",
        "events": [
            {
                "number": event.key,
                "part": str(event.part),
                "points": str(event.points),
                "from": event.starts_on.isoformat(),
                "until": (last.isoformat() if (last := last_day(event, value)) else ""),
                "title": rows[event.key].title,
                "article": rows[event.key].article,
                "project": rows[event.key].project.name if rows[event.key].project else "",
                "branch": "" if rows[event.key].enterprise_id == head.pk else rows[event.key].enterprise.name,
            }
            for event in standing.counted
        ],
        "city_rating": (
            {"grade": city.grade, "on": city.rated_on.isoformat(), "source": city.source} if city else None
        ),
    }


def check_bid(bid: TenderBid) -> None:
    """Raise Refused when the bid's report is of another enterprise, or of another day than the bids."""
    report = bid.report
    if report is not None and report.person_id is not None:
        raise Refused(_("%(report)s is the report of a manager.") % {"report": report}, code="of-manager")
    if report is not None and report.enterprise_id != bid.enterprise_id:
        raise Refused(
            _("%(report)s is the report of another enterprise.") % {"report": report}, code="other-firm"
        )
    if report is not None and report.as_of != bid.tender.bids_on:
        raise Refused(
            _("%(report)s shows the credit on %(day)s. Issue one as of the day of the bids, %(bids)s.")
            % {"report": report, "day": report.as_of, "bids": bid.tender.bids_on},
            code="other-day",
        )


def verify(code: str) -> CreditReport | None:
    """Return the report with this verification code when its content still has its digest, else None."""
    report = (
        CreditReport.objects.filter(code=code.strip().upper())
        .select_related("district", "enterprise")
        .first()
    )
    return report if report is not None and digest(report.content) == report.digest else None
