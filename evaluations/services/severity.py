"""How grave an entry is: from its vetoes when the quarter closes, or set by the evaluator before the notice."""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from evaluations.models import ClosingRun, ListEntry
from evaluations.models.severity import Severity
from evaluations.services.access import require_role
from redprop.accounts.audit import acting
from redprop.accounts.models import User
from redprop.accounts.roles import Role
from redprop.common.errors import Refused

BY_VETOES = """
UPDATE evaluations_listentry e SET severity = worst.severity
FROM (SELECT DISTINCT ON (v.project_id) v.project_id, v.severity
      FROM evaluations_veto v
      JOIN evaluations_closingrun r ON r.id = %(run)s
      JOIN evaluations_evaluationperiod p ON p.id = r.period_id
      WHERE v.decided_on BETWEEN p.starts_on AND p.ends_on AND v.revoked_at IS NULL
      ORDER BY v.project_id, array_position(ARRAY['serious', 'ordinary', 'minor'], v.severity::text)) worst
WHERE e.run_id = %(run)s AND e.project_id = worst.project_id AND e.colour = 'black' AND e.severity <> worst.severity
"""


def grade_by_vetoes(run: ClosingRun) -> int:
    """Give each black project of the run the gravest severity of its vetoes; others stay ordinary. Returns how many changed."""
    with connection.cursor() as cursor:
        cursor.execute(BY_VETOES, {"run": run.pk})
        return cursor.rowcount


def set_severity(*, entry: ListEntry, severity: str, acting_user: User | None, reason: str = "") -> ListEntry:
    """Set how grave an entry is, before its notice. Raises Refused later: what was noticed stands."""
    require_role(acting_user, entry.period.district, Role.EVALUATOR)
    wanted = Severity(severity)
    with transaction.atomic(), acting(acting_user, reason or f"severity {wanted}"):
        entry = ListEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
        if entry.state not in (ListEntry.State.PROPOSED, ListEntry.State.CONFIRMED):
            raise Refused(
                _("%(entry)s was already in public notice; its severity stands.") % {"entry": entry},
                code="noticed",
            )
        entry.severity = wanted
        entry.save(update_fields=["severity"])
    return entry
