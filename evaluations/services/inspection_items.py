"""Item sets: the sample of the eight guarantees and of the on-site inspection, and what a used set no longer allows."""

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.models import Inspection, InspectionItem, InspectionItemSet, Scheme
from redprop.accounts.audit import acting
from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused

SAMPLE = "示例"
ON_SITE = [
    ("cleaning", "保洁", "楼道、路面、垃圾桶点位干净，无堆物", 20),
    ("security", "安保", "门岗值守、巡查记录、监控完好", 20),
    ("greening", "绿化", "修剪及时，无枯死、无毁绿", 20),
    ("repair", "维修", "公共设施完好，报修有登记有回音", 20),
    ("order", "秩序", "车辆停放有序，消防通道畅通", 20),
]
GUARANTEES = [
    ("cleaning", "保洁", "有人扫、日日清", 10),
    ("security", "保安", "有人看门、夜间巡查", 10),
    ("greening", "保绿", "绿地有人管", 10),
    ("repair", "保修", "公共部位小修及时", 10),
    ("order", "保序", "车辆、飞线、堆物有人管", 10),
    ("drainage", "保畅", "下水通畅、化粪池按期清掏", 10),
    ("lighting", "保亮", "楼道、路灯完好", 10),
    ("notices", "保公开", "公示栏、联系电话、收支公示齐全", 10),
]
"""Samples: the district enters its own lists with their document numbers (domain.md section 3)."""


def load_sample_items(*, district: District, since: dt.date, acting_user: User | None) -> int:
    """Enter the sample sets where none of their scheme is there; returns how many were entered."""
    made = 0
    with transaction.atomic(), acting(acting_user, "sample items"):
        for scheme, applies_to, items in (
            (Scheme.ON_SITE, InspectionItemSet.AppliesTo.ALL, ON_SITE),
            (Scheme.GUARANTEES, InspectionItemSet.AppliesTo.OLD, GUARANTEES),
        ):
            if InspectionItemSet.objects.filter(district=district, scheme=scheme).exists():
                continue
            row = InspectionItemSet.objects.create(
                district=district,
                scheme=scheme,
                applies_to=applies_to,
                document=SAMPLE,
                valid_from=since,
                recorded_at=business_now(district),
                recorded_by=str(acting_user or ""),
            )
            InspectionItem.objects.bulk_create(
                InspectionItem(
                    item_set=row, code=code, title=title, guidance=guidance, full_mark=full, position=place
                )
                for place, (code, title, guidance, full) in enumerate(items, 1)
            )
            made += 1
    return made


def last_used(item_set: InspectionItemSet) -> dt.date | None:
    """Return the last day on which an inspection was marked against the set (one query)."""
    used = Inspection.objects.filter(on_site_set=item_set) | Inspection.objects.filter(guarantee_set=item_set)
    return used.order_by("-inspected_on").values_list("inspected_on", flat=True).first()


def require_unused(item_set: InspectionItemSet) -> None:
    """Raise Refused when marks stand against the set: it can end, and another begin, but it does not change."""
    if item_set.pk and last_used(item_set):
        raise Refused(
            _(
                "Compounds were marked against this set: it stays as it was. Enter its last day, and a new set from the day after."
            ),
            code="set-used",
        )
