"""Every change leaves the former version with user and reason, also by bulk and by SQL."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from redprop.accounts.audit import acting
from redprop.areas.models import Community, District

pytestmark = pytest.mark.django_db


def test_a_bulk_change_keeps_the_former_names_with_user_and_reason(cast):
    with acting(cast.registrar, "divisions of 2023"):
        Community.objects.filter(district=cast.district).update(name="新名")
    events = Community.pgh_event_model.objects.order_by("pgh_id")
    assert {e.name for e in events} == {"甲区1社区", "甲区2社区"}
    context = events[0].pgh_context.metadata
    assert context["username"] == "registrar"
    assert context["reason"] == "divisions of 2023"


def test_a_change_by_plain_sql_is_kept_too(cast):
    with acting(cast.registrar, "by hand"), connection.cursor() as cursor:
        cursor.execute("UPDATE areas_district SET name = 'x' WHERE id = %s", [cast.district.pk])
    event = District.pgh_event_model.objects.get()
    assert event.name == "甲区"
    assert event.pgh_context.metadata["reason"] == "by hand"


def test_history_itself_is_append_only(cast):
    Community.objects.filter(pk=cast.community.pk).update(closed_on=dt.date(2026, 1, 1))
    with pytest.raises(DatabaseError), transaction.atomic():
        Community.pgh_event_model.objects.update(name="falsified")


def test_one_statement_over_many_rows_stays_fast_after_single_row_changes(
    cast, django_assert_max_num_queries
):
    """The comparing statement trigger keeps a nested-loop plan after single-row updates; ours must not."""
    Community.objects.bulk_create(
        Community(district=cast.district, subdistrict=cast.subdistrict, code=f"{n:09}", name=f"社区{n}")
        for n in range(3000)
    )
    for pk in Community.objects.values_list("pk", flat=True)[:12]:
        Community.objects.filter(pk=pk).update(name="一")
    started = dt.datetime.now(dt.UTC)
    Community.objects.update(name="二")
    assert (dt.datetime.now(dt.UTC) - started).total_seconds() < 2
