"""An entitlement in words: quantity × rate × months × share × factor, and where each of them comes from."""

from decimal import Decimal

from django.utils.translation import gettext as _

from communities.models import CompoundClass
from evaluations.models import Entitlement, SubsidyRate
from redprop.common.money import format_yuan


def plain(number: Decimal) -> str:
    """Return a decimal without needless zeros: 0.1800 → 0.18, 800.0000 → 800."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def formula(row: Entitlement) -> str:
    """Return the sum as written by hand: 5,230 m² × 0.18 × 1 × 0.9 × 1.1 = ¥931.98."""
    unit = {
        SubsidyRate.Basis.AREA: "m²",
        SubsidyRate.Basis.HOUSEHOLD: _("household"),
        SubsidyRate.Basis.COMPOUND: _("compound"),
        SubsidyRate.Basis.PROJECT: _("service project"),
        SubsidyRate.Basis.PERSON: _("person(s)"),
    }[SubsidyRate.Basis(row.basis)]
    quantity = f"{row.quantity:,f}".rstrip("0").rstrip(".")
    parts = [f"{quantity} {unit}", plain(row.rate)]
    if row.compound_id:
        parts += [str(row.months), plain(row.share), plain(row.factor)]
    whole = row.inputs.get("whole")
    amount = format_yuan(Decimal(whole)) if whole else format_yuan(row.amount + row.deducted)
    return " × ".join(parts) + f" = {amount}"


def explain(row: Entitlement) -> list[str]:
    """Return the explanation of an entitlement, a sentence per step."""
    inputs = row.inputs
    found = []
    if row.adjusts_id:
        found.append(
            _("Adjustment %(number)s: due %(target)s, already given %(given)s, difference %(amount)s.")
            % {
                "number": row.adjustment_number,
                "target": format_yuan(Decimal(inputs["target"])),
                "given": format_yuan(Decimal(inputs["given"])),
                "amount": format_yuan(row.amount),
            }
        )
    else:
        found.append(formula(row))
    if inputs.get("sharers"):
        found.append(
            _(
                "The project's amount is shared by its %(sharers)s compounds of the class; this is part %(position)s."
            )
            % inputs
        )
    found.append(
        _("Rule version %(rule)s (%(document)s), in force on %(day)s.")
        % {"rule": inputs["rule"], "document": inputs["document"], "day": row.counted_on}
    )
    if inputs.get("class"):
        found.append(
            _("On %(day)s the compound was of %(class)s.")
            % {"day": row.counted_on, "class": CompoundClass.Class(inputs["class"]).label}
        )
    if row.share != 1:
        found.append(
            _("%(share)s of the rate is left after the yearly decline.")
            % {"share": f"{plain(row.share * 100)} %"}
        )
    if row.score is not None and row.compound_id:
        found.append(
            _("Factor %(factor)s from the final score %(score)s of %(period)s (%(release)s).")
            % {
                "factor": plain(row.factor),
                "score": plain(row.score),
                "period": inputs["score_period"],
                "release": inputs["release"],
            }
        )
    elif row.compound_id:
        found.append(_("Factor 1: the project has no final score yet."))
    if row.deducted:
        found.append(
            _("%(deducted)s are deducted for diverted income of the compound; %(amount)s are left.")
            % {"deducted": format_yuan(row.deducted), "amount": format_yuan(row.amount)}
        )
    if inputs.get("degree"):
        found.append(_("Degree: %(degree)s.") % {"degree": SubsidyRate.Category(inputs["degree"]).label})
    if inputs.get("month"):
        found.append(
            _("Confirmed in post on %(day)s; month %(number)s of this person.")
            % {"day": row.counted_on, "number": inputs["month"]}
        )
    if inputs.get("floor"):
        found.append(
            _("The pay confirmed is below the guidance of %(floor)s.")
            % {"floor": format_yuan(Decimal(inputs["floor"]))}
        )
    if inputs.get("colour"):
        found.append(
            _("Result “%(colour)s” in the final list of %(period)s (%(release)s).")
            % {
                "colour": SubsidyRate.Category(inputs["colour"]).label,
                "period": inputs["score_period"],
                "release": inputs["release"],
            }
        )
    if inputs.get("organisation"):
        found.append(
            _("Secretary of %(organisation)s on %(day)s; once a person and year, however many firms.")
            % {"organisation": inputs["organisation"], "day": row.counted_on}
        )
    return found
