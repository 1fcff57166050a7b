"""Adopting and ending subsidy rules, and the sample rules of a demo."""

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.models import FactorBand, Fund, FundYear, SubsidyRate, SubsidyRequirement, SubsidyRule
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_today
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.periods import Period, PeriodKind

SAMPLE_DOCUMENT = "示例〔2026〕1号"
SAMPLE_BANDS = [("90", "1.1"), ("80", "1"), ("70", "0.9"), ("60", "0.7"), ("0", "0.5")]
SAMPLE_RATES = {1: "0.2600", 2: "0.2000", 3: "0.1500"}


@transaction.atomic
def adopt_rule(*, rule: SubsidyRule, acting_user: User | None) -> SubsidyRule:
    """Put a draft rule into force; from then on only its last day can change. The version before it is ended."""
    rule = SubsidyRule.objects.select_for_update(of=("self",)).select_related("district").get(pk=rule.pk)
    if rule.adopted_on is not None:
        raise Refused(_("%(rule)s is already adopted.") % {"rule": rule}, code="adopted")
    if not rule.rates.exists():
        raise Refused(
            _("%(rule)s has no rates. Enter at least one rate, then adopt it.") % {"rule": rule},
            code="no-rates",
        )
    with acting(acting_user, f"adopt {rule}"):
        before = (
            SubsidyRule.objects.select_for_update()
            .filter(district=rule.district, benefit=rule.benefit, valid_from__lt=rule.valid_from)
            .adopted()
            .filter(valid_to__isnull=True)
            .first()
        )
        if before is not None:
            end_rule(rule=before, last_day=rule.valid_from - dt.timedelta(days=1), acting_user=acting_user)
        overlap = SubsidyRule.objects.adopted().filter(
            district=rule.district, benefit=rule.benefit, valid_from__lte=rule.valid_to or dt.date.max
        )
        overlap = overlap.exclude(valid_to__lt=rule.valid_from)
        if overlap.exists():
            raise Refused(
                _("“Valid from”: %(other)s is in force on some of these days. End that one first.")
                % {"other": overlap.first()},
                code="overlap",
            )
        rule.adopted_on = business_today(rule.district)
        rule.adopted_by = acting_user.username if acting_user else "system"
        rule.save(update_fields=["adopted_on", "adopted_by"])
    return rule


@transaction.atomic
def end_rule(*, rule: SubsidyRule, last_day: dt.date, acting_user: User | None) -> SubsidyRule:
    """Set the last day of an adopted rule; refused when entitlements after that day are already paid by it."""
    rule = SubsidyRule.objects.select_for_update(of=("self",)).get(pk=rule.pk)
    if last_day < rule.valid_from:
        raise Refused(
            _("“Until”: %(day)s is before the rule's first day %(first)s. Choose a later day.")
            % {"day": last_day, "first": rule.valid_from},
            code="order",
        )
    late = rule.entitlements.live().filter(counted_on__gt=last_day, lines__state__in=["open", "held", "paid"])
    last = late.order_by("-counted_on").first()
    if last is not None:
        first_free = Period.of(PeriodKind.MONTH, last.counted_on).end + dt.timedelta(days=1)
        raise Refused(
            _(
                "“Until”: %(rule)s already pays for %(unit)s, and a rate does not change within what is paid. Let the new version begin on %(day)s or later."
            )
            % {"rule": rule, "unit": last.unit, "day": first_free},
            code="paid-by-it",
        )
    with acting(acting_user, f"end {rule}"):
        rule.valid_to = last_day
        rule.save(update_fields=["valid_to"])
    return rule


@transaction.atomic
def load_sample_rules(district: District, acting_user: User | None = None) -> list[SubsidyRule]:
    """Create and adopt the sample funds and rules of a demo district; returns them. Nothing happens when they exist."""
    existing = list(SubsidyRule.objects.filter(district=district, is_sample=True))
    if existing:
        return existing
    with acting(acting_user, "sample subsidy rules"):
        services, _made = Fund.objects.get_or_create(
            district=district,
            code="services",
            defaults={"name": "购买物业服务专项资金", "document": SAMPLE_DOCUMENT, "notice_days": 0},
        )
        party, _made = Fund.objects.get_or_create(
            district=district,
            code="party",
            defaults={"name": "物业党建工作经费", "document": SAMPLE_DOCUMENT, "notice_days": 0},
        )
        FundYear.objects.get_or_create(fund=services, year=2026, defaults={"ceiling": Decimal(20_000_000)})
        FundYear.objects.get_or_create(fund=party, year=2026, defaults={"ceiling": Decimal(500_000)})
        class_rule = SubsidyRule.objects.create(
            district=district,
            benefit=SubsidyRule.Benefit.CLASS_SUBSIDY,
            title="老旧小区物业服务分类补贴（示例）",
            document=SAMPLE_DOCUMENT,
            is_sample=True,
            fund=services,
            payee=SubsidyRule.Payee.ENTERPRISE,
            valid_from=dt.date(2026, 1, 1),
            yearly_decline=Decimal("0.1"),
            decline_floor=Decimal("0.5"),
            decline_from=SubsidyRule.CountsFrom.RULE,
            decline_since=dt.date(2025, 1, 1),
            ends_at_collection=Decimal("0.9"),
            deducts_diverted=True,
        )
        for compound_class, rate in SAMPLE_RATES.items():
            SubsidyRate.objects.create(
                rule=class_rule,
                compound_class=compound_class,
                basis=SubsidyRate.Basis.AREA,
                rate=Decimal(rate),
            )
        for score, factor in SAMPLE_BANDS:
            FactorBand.objects.create(rule=class_rule, score_from=Decimal(score), factor=Decimal(factor))
        secretary_rule = SubsidyRule.objects.create(
            district=district,
            benefit=SubsidyRule.Benefit.SECRETARY,
            title="物业企业党组织书记工作补贴（示例）",
            document=SAMPLE_DOCUMENT,
            is_sample=True,
            fund=party,
            payee=SubsidyRule.Payee.PERSON,
            valid_from=dt.date(2026, 1, 1),
            reference_month=9,
        )
        SubsidyRate.objects.create(rule=secretary_rule, basis=SubsidyRate.Basis.PERSON, rate=Decimal(800))
        return [adopt_rule(rule=rule, acting_user=acting_user) for rule in (class_rule, secretary_rule)]


@transaction.atomic
def load_sample_talent_rules(district: District, acting_user: User | None = None) -> list[SubsidyRule]:
    """Create and adopt the sample rules for graduates and rewards; nothing happens when they exist."""
    talent = [SubsidyRule.Benefit.GRADUATE_MONTH, SubsidyRule.Benefit.HIRING, SubsidyRule.Benefit.REWARD]
    existing = SubsidyRule.objects.filter(district=district, is_sample=True, benefit__in=talent)
    if existing:
        return list(existing)
    category, basis, kind = SubsidyRate.Category, SubsidyRate.Basis, SubsidyRequirement.Kind
    plans: list[
        tuple[str, str, str, list[tuple[str, str, str, str | None]], list[tuple[str, int]], int | None]
    ] = [
        (
            SubsidyRule.Benefit.GRADUATE_MONTH,
            "新招录高校毕业生岗位补贴（示例）",
            "talent",
            [
                (category.BACHELOR, basis.PERSON, "800", "3500"),
                (category.MASTER, basis.PERSON, "800", "4300"),
            ],
            [(kind.CONTRACT, 12)],
            36,
        ),
        (
            SubsidyRule.Benefit.HIRING,
            "吸纳高校毕业生一次性补贴（示例）",
            "talent",
            [
                (category.BACHELOR, basis.PERSON, "10000", None),
                (category.MASTER, basis.PERSON, "20000", None),
            ],
            [(kind.CONTRACT, 12), (kind.INSURANCE, 3), (kind.DIPLOMA, 1), (kind.IN_POST, 1)],
            None,
        ),
        (
            SubsidyRule.Benefit.REWARD,
            "红榜项目以奖代补（示例）",
            "services",
            [(category.RED, basis.PROJECT, "3000", None)],
            [],
            None,
        ),
    ]
    with acting(acting_user, "sample subsidy rules"):
        funds = {
            "services": Fund.objects.get(district=district, code="services"),
            "talent": Fund.objects.get_or_create(
                district=district,
                code="talent",
                defaults={"name": "物业人才专项资金", "document": SAMPLE_DOCUMENT, "notice_days": 0},
            )[0],
        }
        FundYear.objects.get_or_create(
            fund=funds["talent"], year=2026, defaults={"ceiling": Decimal(6_000_000)}
        )
        adopted = []
        for benefit, title, fund, rates, requirements, most in plans:
            rule = SubsidyRule.objects.create(
                district=district,
                benefit=benefit,
                title=title,
                document=SAMPLE_DOCUMENT,
                is_sample=True,
                fund=funds[fund],
                payee=SubsidyRule.Payee.ENTERPRISE,
                valid_from=dt.date(2026, 1, 1),
                max_months=most,
            )
            for of, by, rate, floor in rates:
                SubsidyRate.objects.create(
                    rule=rule,
                    category=of,
                    basis=by,
                    rate=Decimal(rate),
                    pay_floor=Decimal(floor) if floor else None,
                )
            for what, at_least in requirements:
                SubsidyRequirement.objects.create(rule=rule, kind=what, at_least=at_least)
            adopted.append(adopt_rule(rule=rule, acting_user=acting_user))
    return adopted
