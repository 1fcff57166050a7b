"""The smallest batch there is: one slice with one line, written directly, for tests of pages around it."""

import datetime as dt
from decimal import Decimal

from evaluations.models import Entitlement, PaymentLine, SubsidyBatch, SubsidyRule, SubsidySlice
from evaluations.services.rules import load_sample_rules


def one_slice(*, subdistrict, compound, project, maker) -> SubsidySlice:
    """A prepared batch whose only slice belongs to `subdistrict` and pays 1,346.20 yuan for `compound`."""
    district = subdistrict.district
    load_sample_rules(district)
    rule = SubsidyRule.objects.get(district=district, benefit="class_subsidy")
    due = Entitlement.objects.create(
        district=district,
        rule=rule,
        benefit=rule.benefit,
        unit="2026-07",
        counted_on=dt.date(2026, 7, 15),
        compound=compound,
        enterprise=project.enterprise,
        project=project,
        subdistrict=subdistrict,
        basis="m2",
        quantity=5230,
        rate=Decimal("0.26"),
        share=Decimal("0.9"),
        factor=Decimal("1.1"),
        amount=Decimal("1346.20"),
        inputs={"rule": 1, "document": rule.document, "class": 1},
    )
    batch = SubsidyBatch.objects.create(
        district=district,
        fund=rule.fund,
        period="2026Q3",
        number="services-2026Q3-1",
        prepared_by=maker,
        prepared_at=district.clock,
        line_count=1,
        total=due.amount,
    )
    piece = SubsidySlice.objects.create(
        batch=batch, subdistrict=subdistrict, prepared_by=maker, line_count=1, total=due.amount
    )
    PaymentLine.objects.create(
        batch=batch,
        slice=piece,
        number=1,
        entitlement=due,
        amount=due.amount,
        enterprise=project.enterprise,
        payee_code=project.enterprise.uscc,
        payee_name=project.enterprise.name,
        subject_name=compound.name,
    )
    return piece
