"""One seed gives one district, to the last row."""

import pytest
from django.db import connection

from communities.models import Compound
from evaluations.demo import texts
from evaluations.demo.digest import digest_of_tables
from evaluations.demo.load import load_demo
from evaluations.models import DeductionGround
from tests.databases import copy_database, maintenance, pointed_at
from tests.demo_fixture import restart_numbers


@pytest.mark.faults  # loads the district twice
@pytest.mark.django_db(transaction=True)
def test_two_loads_with_the_same_seed_give_the_same_rows(demo_database):
    """The second load goes into another database, so that ids begin at 1 again."""
    empty = demo_database.split("_of_", 1)[1]
    again = f"test_demo_again_{connection.settings_dict['NAME'][-20:]}"
    first = digest_of_tables()
    with maintenance() as server:
        copy_database(server, empty, again)
    try:
        with pointed_at(again):
            restart_numbers()
            load_demo()
            second = digest_of_tables()
    finally:
        with maintenance() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{again}" WITH (FORCE)')

    assert len(first) > 30
    assert first == second


@pytest.mark.faults  # a district of another size takes its time
@pytest.mark.django_db(transaction=True)
def test_a_larger_district_has_its_compounds_as_many_times_and_the_rules_once():
    load_demo(scale=2, quarters=1)
    assert Compound.objects.count() == 2 * 851
    assert DeductionGround.objects.count() == len(texts.GROUNDS)
