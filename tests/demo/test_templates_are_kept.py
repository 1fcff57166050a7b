"""The databases that tests copy stand: `make test` runs this file first, beside the checks."""

from redprop.areas.models import District


def test_the_demo_stands_as_a_copy(demo_district):
    assert District.objects.get() == demo_district
