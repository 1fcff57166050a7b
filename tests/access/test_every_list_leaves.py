"""Every list of the admin, with the demo district in it, leaves as a workbook and as CSV with all its rows."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from redprop.accounts.roles import Role
from redprop.common.tabular import writing
from redprop.core.services.listings import open_listing

READERS = (
    Role.REGISTRAR,
    Role.EVALUATOR,
    Role.REVIEWER,
    Role.ORGANISATION,
    Role.AUDIT_ADMINISTRATOR,
    Role.SECURITY_ADMINISTRATOR,
    Role.SYSTEM_ADMINISTRATOR,
)
LONG = 10_000
"""A longer list writes its workbook for seconds, cell by cell as the shorter ones do."""

EVERY_LIST = [one for one in admin.site._registry.values() if hasattr(one, "exported_registers")]


LONGEST = ("evaluations.surveyanswer", "communities.gridshift")
"""Some 200,000 rows of the demo: with the faults."""


def marked(page):
    return pytest.param(page, marks=pytest.mark.faults if page.model._meta.label_lower in LONGEST else ())


@pytest.mark.parametrize(
    "page", [marked(one) for one in EVERY_LIST], ids=[one.model._meta.label_lower for one in EVERY_LIST]
)
def test_every_list_leaves_in_both_formats(page, people, tmp_path):
    meta = page.model._meta
    user = next(
        people.own[role]
        for role in READERS
        if people.own[role].has_perm(f"{meta.app_label}.view_{meta.model_name}")
    )
    listing = open_listing(user=user, page=f"admin:{meta.label_lower}")
    with CaptureQueriesContext(connection) as asked:
        assert writing.write_table(tmp_path / "out.csv", listing.table) == listing.rows
    # A fixed number for each chunk of 2,000 rows, none for a row.
    assert len(asked) <= 1 + 8 * (listing.rows // 2000 + 1)
    if listing.rows <= LONG:
        listing = open_listing(user=user, page=f"admin:{meta.label_lower}")
        assert writing.write_table(tmp_path / "out.xlsx", listing.table) == listing.rows
