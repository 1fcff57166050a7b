"""The tests' own flush: frozen tables are emptied, the roles stay."""

import pytest

from redprop.areas.models import District


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_number", [1, 2])
def test_a_transactional_test_starts_with_empty_tables(round_number):
    assert not District.objects.exists()
    District.objects.create(code="990103", name="丙区")
