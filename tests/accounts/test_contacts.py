"""An enterprise's contact reaches the enterprise as long as the business clock says so."""

import datetime as dt

import pytest

from enterprises.models import Enterprise, EnterpriseContact

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("first", "last", "reaches"),
    [
        (dt.date(2026, 10, 12), None, True),
        (dt.date(2026, 10, 13), None, False),  # tomorrow by the district's clock, past by ours
        (dt.date(2020, 1, 1), dt.date(2026, 10, 12), True),
        (dt.date(2020, 1, 1), dt.date(2026, 10, 11), False),
    ],
)
def test_a_contact_holds_by_the_clock_of_the_district(cast, first, last, reaches):
    enterprise = Enterprise.objects.create(
        district=cast.district,
        uscc="91420102MA00000000",
        name="甲物业",
        kind="market",
        registered_from=dt.date(2020, 1, 1),
    )
    EnterpriseContact.objects.create(
        user=cast.enterprise_contact, enterprise=enterprise, valid_from=first, valid_to=last
    )
    assert Enterprise.objects.for_user(cast.enterprise_contact).exists() is reaches
