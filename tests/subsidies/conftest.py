"""A small district whose old compounds are served and scored, for the tests of subsidies.

One enterprise serves 甲苑 (subdistrict 1, class one, 5,230 m²) and 乙苑 (subdistrict 2, class two, 10,001.50 m²).
"""

import copy
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone, translation

from communities.models import (
    Compound,
    CompoundClass,
    CompoundKind,
    CompoundPlacement,
    ServiceAssignment,
    ServiceContract,
)
from enterprises.models import Enterprise, PartyCoverage, PartyOrganisation, PartyPost, ServiceProject
from evaluations.models import (
    ClosingRun,
    EvaluationPeriod,
    Fund,
    ListEntry,
    PayeeAccount,
    Release,
    ReleaseEntry,
    Rubric,
)
from evaluations.services import batches
from evaluations.services.payee_accounts import decide_account, propose_account
from evaluations.services.rules import load_sample_rules
from evaluations.subsidies.selectors import digest_of
from redprop.areas.models import Subdistrict
from redprop.common.periods import Period
from redprop.core.models import Holiday, Person
from tests.conftest import SHANGHAI, Cast, around_tests, make_cast, make_user

Q3 = Period.parse("2026Q3")
START = dt.date(2020, 1, 1)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _demo(settings, tmp_path):
    settings.DEMO = True
    settings.MEDIA_ROOT = tmp_path


def set_clock(district, *when):
    """Move the demo clock."""
    district.clock = dt.datetime(*when, tzinfo=SHANGHAI)
    district.save(update_fields=["clock"])


def publish_final(district, code, totals, *, kind="final", colour="unlisted"):
    """Publish a final list that gives each project its total; nothing else of the closing matters here."""
    period = Period.parse(code)
    rubric, _made = Rubric.objects.get_or_create(
        district=district,
        code="T",
        version="1",
        defaults={
            "title": "T",
            "document": "T",
            "valid_from": START,
            "list_rule": {},
            "enterprise_rule": {},
        },
    )
    evaluated, _made = EvaluationPeriod.objects.get_or_create(
        district=district,
        code=code,
        defaults={
            "kind": "quarter",
            "starts_on": period.start,
            "ends_on": period.end,
            "cutoff_on": period.end + dt.timedelta(days=5),
            "rubric": rubric,
        },
    )
    run = ClosingRun.objects.create(period=evaluated, state="done", started_at=timezone.now())
    sequence = Release.objects.filter(district=district).count() + 1
    release = Release.objects.create(
        district=district,
        period=evaluated,
        run=run,
        kind=kind,
        sequence=sequence,
        title=code,
        index_number=f"R{sequence}",
        issuer="T",
        rubric_label="T",
    )
    for number, (project, total) in enumerate(totals.items()):
        common = {
            "level": "project",
            "project": project,
            "enterprise": project.enterprise,
            "total": total,
            "colour": colour,
            "place": "ranked",
        }
        entry = ListEntry.objects.create(period=evaluated, run=run, state="final", **common)
        ReleaseEntry.objects.create(
            release=release,
            entry=entry,
            pseudonym=f"S{number}",
            is_named=colour != "unlisted",
            enterprise_name=project.enterprise.name,
            enterprise_uscc=project.enterprise.uscc,
            **common,
        )
    release.state, release.published_at, release.digest = "published", timezone.now(), "0" * 64
    release.save()
    return release


@dataclass
class Town:
    """What the registers of the small district hold."""

    cast: Cast
    enterprise: Enterprise
    project: ServiceProject
    contract: ServiceContract
    first: Compound
    second: Compound
    clerks: dict[int, object] = field(default_factory=dict)
    q3 = Q3

    @property
    def district(self):
        return self.cast.district

    def compound(self, code, name, community, *, area, compound_class, contract=None, households=100):
        """An old compound of a class, placed and served since 2020."""
        compound = Compound.objects.create(
            district=self.district,
            code=code,
            name=name,
            floor_area=None if area is None else Decimal(area),
            households=households,
            registered_from=START,
        )
        CompoundKind.objects.create(compound=compound, kind="old", valid_from=START)
        if compound_class is not None:
            CompoundClass.objects.create(compound=compound, compound_class=compound_class, valid_from=START)
        CompoundPlacement.objects.create(compound=compound, community=community, valid_from=START)
        ServiceAssignment.objects.create(
            contract=contract or self.contract, compound=compound, valid_from=START
        )
        return compound

    def compounds(self, codes, community, *, area, compound_class, contract):
        """Many old compounds alike, placed and served since 2020; few statements."""
        made = Compound.objects.bulk_create(
            Compound(
                district=self.district,
                code=code,
                name=f"小区{code}",
                floor_area=Decimal(area),
                households=100,
                registered_from=START,
            )
            for code in codes
        )
        for model, values in (
            (CompoundKind, {"kind": "old"}),
            (CompoundClass, {"compound_class": compound_class}),
            (CompoundPlacement, {"community": community}),
            (ServiceAssignment, {"contract": contract}),
        ):
            model.objects.bulk_create(model(compound=one, valid_from=START, **values) for one in made)

    def serve(self, name, uscc):
        """Another enterprise with one project and one contract."""
        enterprise = Enterprise.objects.create(
            district=self.district, uscc=uscc, name=name, kind="market", registered_from=START
        )
        project = ServiceProject.objects.create(
            district=self.district, enterprise=enterprise, code=f"P-{name}", name=name, started_on=START
        )
        contract = ServiceContract.objects.create(
            district=self.district,
            project=project,
            number=f"C-{name}",
            kind="takeover",
            signed_on=START,
            valid_from=START,
        )
        self.account(enterprise)
        return enterprise, project, contract

    def account(self, payee, number=None, *, bank="中国银行武汉江岸支行", confirm=True):
        """An account of the payee: proposed by the maker and confirmed by the checker."""
        number = number or f"601382{payee.pk:0{10 if isinstance(payee, Enterprise) else 13}d}"
        account = propose_account(
            payee=payee, bank=bank, number=number, reason="开户", acting_user=self.cast.finance_maker
        )
        if confirm:
            decide_account(account=account, confirm=True, acting_user=self.cast.finance_checker)
        return account

    def secretary(self, code, name, *projects):
        """A person who is secretary of one organisation for each project."""
        person = Person.objects.create(district=self.district, code=code, name=name)
        self.account(person)
        for number, project in enumerate(projects):
            organisation = PartyOrganisation.objects.create(
                district=self.district,
                code=f"{code}-{number}",
                name=f"支部{code}-{number}",
                form="single",
                founded_on=START,
            )
            PartyCoverage.objects.create(
                organisation=organisation, enterprise=project.enterprise, project=project, valid_from=START
            )
            PartyPost.objects.create(
                organisation=organisation, person=person, kind="secretary", valid_from=START
            )
        return person

    def reviewed(self, batch):
        """Both reviews, by the people whose job it is."""
        for piece in batch.slices.filter(line_count__gt=0):
            batch = batches.review_slice(
                batch=batch,
                subdistrict=piece.subdistrict,
                acting_user=self.clerks.get(piece.subdistrict_id, self.cast.organisation_department),
            )
        self.tick(batch)
        return batches.review_batch(batch=batch, acting_user=self.cast.finance_checker)

    def tick(self, batch):
        """Look at every line of the sample, if one was drawn."""
        numbers = list(batch.sample.filter(seed=batch.sample_seed).values_list("line__number", flat=True))
        if numbers:
            batches.tick_lines(
                batch=batch, numbers=numbers, note="合同、面积", acting_user=self.cast.finance_checker
            )

    def noticed(self, batch):
        """Reviewed and put up; the clock then stands on the day after the notice."""
        batch = batches.put_up_notice(batch=self.reviewed(batch), acting_user=self.cast.publisher)
        set_clock(self.district, 2026, 10, 21, 9)
        return batch

    def approved(self, batch):
        """Through all steps up to the approval; who has no account yet gets one."""
        batch = self.noticed(batch)
        there = PayeeAccount.objects.filter(district=self.district, state="in_force")
        owners = {account.payee for account in there.select_related("enterprise", "person")}
        lines = batch.lines.filter(state="open").select_related("enterprise", "person")
        for payee in {line.enterprise or line.person for line in lines} - owners:
            self.account(payee)
        return batches.approve_batch(batch=batch, digest=digest_of(batch), acting_user=self.cast.approver)

    def prepare(self, fund="services"):
        """Prepare the third quarter and return the batch of the fund."""
        found = batches.prepare_batches(
            district=self.district, period=Q3, acting_user=self.cast.finance_maker
        )
        return next(batch for batch in found if batch.fund.code == fund)


def make_town(cast: Cast) -> Town:
    """The registers, the sample rules and the calendar; no result yet."""
    set_clock(cast.district, 2026, 10, 20, 9)
    Holiday.objects.create(district=cast.district, day=dt.date(2026, 10, 1), name="国庆节")
    enterprise = Enterprise.objects.create(
        district=cast.district,
        uscc="91420102MA4KXXXX0A",
        name="甲物业",
        kind="market",
        registered_from=START,
    )
    project = ServiceProject.objects.create(
        district=cast.district, enterprise=enterprise, code="P1", name="甲项目", started_on=START
    )
    contract = ServiceContract.objects.create(
        district=cast.district,
        project=project,
        number="C1",
        kind="takeover",
        signed_on=START,
        valid_from=START,
    )
    town = Town(cast, enterprise, project, contract, None, None)
    town.first = town.compound("A1", "甲苑", cast.community, area="5230.00", compound_class=1)
    town.second = town.compound("A2", "乙苑", cast.other_community, area="10001.50", compound_class=2)
    other = Subdistrict.objects.get(pk=cast.other_subdistrict.pk)
    town.clerks = {
        cast.subdistrict.pk: cast.subdistrict_clerk,
        other.pk: make_user("other_clerk", "subdistrict_clerk", cast.district, subdistrict=other),
    }
    load_sample_rules(cast.district)
    # The sample has tests of its own.
    Fund.objects.update(sample_share=0)
    town.account(enterprise)
    return town


@pytest.fixture(scope="module")
def kept_town(django_db_setup, django_db_blocker) -> Iterator[Town]:
    """The town, made once for the tests of a module."""
    demo = override_settings(DEMO=True, PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with around_tests(django_db_blocker):
        with demo, translation.override("en"):
            town = make_town(make_cast())
            connection.check_constraints()
        yield town


@pytest.fixture
def town(kept_town, db) -> Town:
    """The registers, the sample rules and the calendar; no result yet. Transactional tests have one of their own."""
    return copy.deepcopy(kept_town)


@pytest.fixture
def scored(town) -> Town:
    """The town with its final list of the third quarter: the project has 92.5 points."""
    publish_final(town.district, "2026Q3", {town.project: Decimal("92.5")})
    return town
