"""Rotating red flags on the public pages: who holds one, since when and for what, and everybody who held one."""

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from evaluations.models import FlagRule, RotatingFlag
from redprop.accounts.clock import business_today
from redprop.areas.models import District
from redprop.common.periods import Period
from redprop.public import content, wording

SHOWN = 400
"""How many flags the page of history goes back."""


def flags_of(district: District) -> list[content.Flag]:
    """Return the district's flags, newest first (one query)."""
    rows = RotatingFlag.objects.filter(district=district).select_related(
        "project", "enterprise", "subdistrict", "end", "passed_from__project"
    )
    return [_flag(row) for row in rows.order_by("-awarded_on", "-pk")[:SHOWN]]


def _flag(row: RotatingFlag) -> content.Flag:
    end = getattr(row, "end", None)
    return content.Flag(
        number=row.number,
        period_label=Period.parse(row.period_code).label_in(get_language() or "zh"),
        project=row.project.code,
        project_name=row.project.name,
        enterprise=row.enterprise.name,
        uscc=row.enterprise.uscc,
        where=row.cell_label,
        awarded_on=row.awarded_on,
        reason=row.reason,
        compounds=tuple((one["code"], one["name"]) for one in row.compounds),
        passed_from=row.passed_from.project.name
        if row.passed_from and row.passed_from.project_id != row.project_id
        else "",
        is_kept=bool(row.passed_from and row.passed_from.project_id == row.project_id),
        ended_on=end.ended_on if end else None,
        how=str(end.get_reason_display()) if end else "",
        words=end.words if end else "",
    )


def rules_of(district: District) -> list[content.FlagRule]:
    """Return the rules in force today, as sentences (one query)."""
    today = business_today(district)
    rows = FlagRule.objects.filter(district=district, valid_from__lte=today)
    found = []
    for row in rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today)):
        parts = [
            _("%(kind)s, %(area)s: %(flags)s flags")
            % {"kind": row.get_period_kind_display(), "area": row.get_area_display(), "flags": row.flags}
        ]
        if row.by_group:
            parts.append(_("professional service and old compounds apart"))
        if row.must_be_red:
            parts.append(_("only from the red list"))
        if row.min_total is not None:
            parts.append(
                _("a total of at least %(points)s points") % {"points": wording.plain(row.min_total)}
            )
        parts.append(_("no veto, not on the black list"))
        found.append(content.FlagRule(row.title, row.document, _(", ").join(parts)))
    return found


def shown(flag: content.Flag, compounds: set[str], enterprises: set[str]) -> dict[str, object]:
    """Return a flag with everything formatted."""
    return {
        "number": flag.number,
        "period": flag.period_label,
        "project": flag.project_name,
        "enterprise": wording.enterprise_link(flag.uscc, flag.enterprise, enterprises),
        "compounds": wording.compound_links(flag.compounds, compounds),
        "where": flag.where,
        "since": wording.day_in_text(flag.awarded_on),
        "awarded_on": wording.day_in_table(flag.awarded_on),
        "reason": flag.reason,
        "passed_from": flag.passed_from,
        "is_kept": flag.is_kept,
        "ended_on": wording.day_in_table(flag.ended_on),
        "how": flag.how,
        "words": flag.words,
    }


def page_body(site: content.Site, compounds: set[str], enterprises: set[str], title: str) -> str:
    """Return the page of all flags: those that hang, the rule, the history."""
    rows = [(flag, shown(flag, compounds, enterprises)) for flag in site.flags]
    return render_to_string(
        "public/flags.html",
        {
            "title": title,
            "held": [row for flag, row in rows if flag.ended_on is None],
            "ended": [row for flag, row in rows if flag.ended_on is not None],
            "rules": site.flag_rules,
        },
    )
