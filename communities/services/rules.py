"""The rules of the registers of compounds and contracts, each in one place.

`check_…` functions look at one row; `CompoundFacts.load` and `AssignmentRules.load` read what the
rules need for many compounds at once (a fixed number of queries), so that forms, services and
imports ask the same questions. All raise `Refused` with a sentence that says the way out.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from communities.models import (
    Compound,
    CompoundClass,
    CompoundKind,
    CompoundPlacement,
    MarketRound,
    ServiceAssignment,
    ServiceContract,
)
from enterprises.models import Enterprise
from redprop.common.errors import Refused

FAR = dt.date.max


def overlaps(start: dt.date, end: dt.date | None, other_start: dt.date, other_end: dt.date | None) -> bool:
    """Whether two spans of days, both ends included, share a day."""
    return start <= (other_end or FAR) and other_start <= (end or FAR)


def check_not_before_compound(compound: Compound, valid_from: dt.date, *, what: object) -> None:
    """Refuse a dated fact (`what`: "class") that starts before the compound entered the register."""
    if valid_from < compound.registered_from:
        raise Refused(
            _(
                "The %(what)s starts on %(start)s, but the compound %(compound)s is in the register only from "
                "%(first)s. Choose a later day, or correct the compound's first day."
            )
            % {
                "what": what,
                "start": valid_from,
                "compound": compound.name,
                "first": compound.registered_from,
            },
            code="before-compound",
            field="valid_from",
        )


@dataclass
class CompoundFacts:
    """Dated kinds of many compounds, read at once."""

    kinds: dict[int, list[CompoundKind]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def load(cls, compound_ids: Iterable[int]) -> "CompoundFacts":
        """Read the kinds of these compounds (one query)."""
        facts = cls()
        for kind in CompoundKind.objects.filter(compound__in=list(compound_ids)):
            facts.kinds[kind.compound_id].append(kind)
        return facts

    def kind_on(self, compound: Compound, day: dt.date) -> str:
        """The kind on `day`, or an empty text."""
        return next((k.kind for k in self.kinds[compound.pk] if k.is_valid_on(day)), "")

    def check_class(self, compound: Compound, valid_from: dt.date) -> None:
        """Refuse a class that starts before the compound, or on a day it is no old compound."""
        check_not_before_compound(compound, valid_from, what=_("class"))
        if self.kind_on(compound, valid_from) == CompoundKind.Kind.PROFESSIONAL:
            raise Refused(
                _(
                    "On %(start)s the compound %(compound)s has professional service; only old compounds have a "
                    "class. Correct the kind first, or choose another day."
                )
                % {"start": valid_from, "compound": compound.name},
                code="class-needs-old",
                field="valid_from",
            )


def check_registered_from(compound: Compound) -> None:
    """Refuse a first day in the register later than a dated fact that is already recorded (four queries)."""
    if compound.pk is None:
        return
    for model in (CompoundKind, CompoundClass, CompoundPlacement, ServiceAssignment):
        first = model.objects.filter(compound=compound).order_by("valid_from").first()
        if first is not None and first.valid_from < compound.registered_from:
            raise Refused(
                _(
                    "“%(what)s” of this compound starts on %(start)s already. The compound cannot enter the "
                    "register later than that day."
                )
                % {"what": model._meta.verbose_name, "start": first.valid_from},
                code="registered-too-late",
                field="registered_from",
            )


def check_contract(contract: ServiceContract) -> None:
    """Refuse a contract that starts before its project, or that leaves recorded assignments outside (one query)."""
    project = contract.project
    if contract.valid_from < project.started_on:
        raise Refused(
            _(
                "The contract starts on %(start)s, but the project %(project)s only on %(first)s. Correct one of the two."
            )
            % {"start": contract.valid_from, "project": project.name, "first": project.started_on},
            code="contract-before-project",
            field="valid_from",
        )
    if project.district_id != contract.district_id:
        raise Refused(_("The project belongs to another district."), code="other-district", field="project")


@dataclass
class AssignmentRules:
    """What decides whether a contract may cover a compound: kinds, market rounds, other contracts."""

    facts: CompoundFacts
    rounds: dict[int, list[MarketRound]] = field(default_factory=lambda: defaultdict(list))
    assignments: dict[int, list[ServiceAssignment]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def load(cls, compound_ids: Iterable[int]) -> "AssignmentRules":
        """Read all that is known of these compounds (three queries)."""
        ids = list(compound_ids)
        rules = cls(CompoundFacts.load(ids))
        for market_round in MarketRound.objects.filter(compound__in=ids):
            rules.rounds[market_round.compound_id].append(market_round)
        for assignment in ServiceAssignment.objects.filter(compound__in=ids).select_related("contract"):
            rules.assignments[assignment.compound_id].append(assignment)
        return rules

    def check(
        self,
        *,
        contract: ServiceContract,
        compound: Compound,
        valid_from: dt.date,
        valid_to: dt.date | None,
        ignore: Any = None,
        ignore_contract: bool = False,
    ) -> None:
        """Refuse an assignment that breaks a rule. `ignore` is the id of the row that is being changed;
        with `ignore_contract` the rows of the same contract are left to the caller (a form that changes several).
        """
        if compound.district_id != contract.district_id:
            raise Refused(_("The compound belongs to another district."), code="other-district")
        check_not_before_compound(compound, valid_from, what=_("contract's cover"))
        check_inside_contract(contract, valid_from, valid_to)
        for other in self.assignments[compound.pk]:
            if other.pk == ignore or (ignore_contract and other.contract_id == contract.pk):
                continue
            if overlaps(valid_from, valid_to, other.valid_from, other.valid_to):
                raise Refused(
                    _(
                        "From %(start)s to %(end)s the compound %(compound)s is already under contract %(number)s. "
                        "End that one first, or choose other days."
                    )
                    % {
                        "start": other.valid_from,
                        "end": other.valid_to or _("further notice"),
                        "compound": compound.name,
                        "number": other.contract.number,
                    },
                    code="assignment-overlap",
                    field="compound",
                    contract=other.contract.number,
                )
        self.check_market_first(contract, compound, valid_from)

    def check_market_first(self, contract: ServiceContract, compound: Compound, valid_from: dt.date) -> None:
        """市场优先、公益托底: a public-welfare enterprise gets an old compound only after a round without a taker."""
        if contract.project.enterprise.kind != Enterprise.Kind.PUBLIC_WELFARE:
            return
        if self.facts.kind_on(compound, valid_from) != CompoundKind.Kind.OLD:
            return
        closed = [
            r for r in self.rounds[compound.pk] if r.closed_on is not None and r.closed_on <= valid_from
        ]
        last = max(closed, key=lambda r: (r.closed_on, r.pk), default=None)
        if last is None or last.outcome != MarketRound.Outcome.NO_TAKER:
            raise Refused(
                _(
                    "%(compound)s is an old compound and %(enterprise)s a public-welfare enterprise: market first, "
                    "public welfare as the backstop. Record a market round for it that closed without a taker by "
                    "%(start)s, then assign it."
                )
                % {
                    "compound": compound.name,
                    "enterprise": contract.project.enterprise.name,
                    "start": valid_from,
                },
                code="market-first",
                field="compound",
            )


def check_inside_contract(contract: ServiceContract, valid_from: dt.date, valid_to: dt.date | None) -> None:
    """Refuse days outside the contract's own."""
    if valid_from < contract.valid_from or (valid_to or FAR) > (contract.valid_to or FAR):
        raise Refused(
            _(
                "Contract %(number)s holds from %(start)s to %(end)s; a compound can be under it only within these "
                "days. Choose days inside, or correct the contract."
            )
            % {
                "number": contract.number,
                "start": contract.valid_from,
                "end": contract.valid_to or _("further notice"),
            },
            code="outside-contract",
            field="valid_from",
        )
