"""What a correction of results does to the money: entitlements that follow it are voided, held or adjusted."""

from django.db import transaction

from evaluations.models import Entitlement
from evaluations.services.entitlements import Computed, compute_entitlements
from evaluations.subsidies.scores import has_final
from redprop.accounts.audit import acting
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.periods import Period, PeriodKind


@transaction.atomic
def follow_correction(
    *, district: District, period: Period, reason: str, acting_user: User | None
) -> Computed:
    """Bring the entitlements of a corrected quarter, and of later ones that leaned on its score, in line.

    Not approved: voided and replaced; approved and not exported: held; exported or paid: a numbered
    difference row, which a later batch pays or takes back. Does nothing for quarters without entitlements,
    and for half-years and years, which no money follows. Takes the district's money lock.
    """
    found = Computed()
    if period.kind != PeriodKind.QUARTER:
        return found
    days = Entitlement.objects.live().filter(district=district, counted_on__gte=period.start)
    quarters = sorted(
        {Period.of(PeriodKind.QUARTER, day) for day in days.values_list("counted_on", flat=True).distinct()},
        key=lambda one: one.start,
    )
    with acting(acting_user, reason):
        for quarter in quarters:
            if not has_final(district, quarter):
                continue
            one = compute_entitlements(district=district, period=quarter, acting_user=acting_user)
            for name, value in one.as_dict().items():
                setattr(found, name, getattr(found, name) + value)  # type: ignore[operator]
    return found
