"""Lists of the desk leave as files: the rows, filters and order of the page, within the user's reach, logged."""

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from communities.models import Commitment
from redprop.accounts.clock import business_now
from redprop.core.models import ExportLog
from redprop.core.services.listings import open_listing
from redprop.desk.lists import _LISTS
from tests.town import a_promise, filed


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def csv_of(answer) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_file_holds_the_rows_of_the_page_in_its_order(town) -> None:
    filed(town, a_promise(town.qingchuan), a_promise(town.qingchuan, problem="楼道灯不亮"))
    row = Commitment.objects.get(problem="楼道灯不亮")
    Commitment.objects.filter(pk=row.pk).update(state="confirmed", confirmed_at=business_now(town.district))
    client = client_of(town.secretary)
    opened = csv_of(client.get(reverse("desk:export", args=["commitments", "csv"])))
    every = csv_of(client.get(reverse("desk:export", args=["commitments", "csv"]) + "?show=all&page=7"))
    assert len(opened) == 1
    assert len(every) == 2
    assert list(opened[0])
    assert "楼道灯不亮" not in str(opened)
    log = ExportLog.objects.order_by("pk").last()
    assert (log.page, log.rows, log.query, log.user) == ("desk:commitments", 2, "show=all", town.secretary)


def test_a_secretary_takes_out_nothing_of_another_community(town) -> None:
    filed(town, a_promise(town.qingchuan))
    assert (
        csv_of(client_of(town.other_secretary).get(reverse("desk:export", args=["commitments", "csv"]))) == []
    )


def test_an_unknown_list_or_format_is_not_found(town) -> None:
    client = client_of(town.secretary)
    assert client.get(reverse("desk:export", args=["none", "csv"])).status_code == 404
    assert client.get(reverse("desk:export", args=["commitments", "pdf"])).status_code == 404


@pytest.mark.parametrize("member", ["secretary", "clerk", "registrar", "huanan_contact"])
def test_every_list_of_the_desk_leaves_as_a_workbook_or_is_not_open(town, member) -> None:
    filed(town, a_promise(town.qingchuan))
    client = client_of(getattr(town, member))
    answers = {
        name: client.get(reverse("desk:export", args=[name, "xlsx"])).status_code for name in sorted(_LISTS)
    }
    assert set(answers.values()) <= {200, 404}
    assert answers["commitments"] == 200


def test_queries_of_a_file_do_not_grow_with_its_rows(town) -> None:
    filed(town, a_promise(town.qingchuan))

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            listing = open_listing(user=town.secretary, page="desk:commitments", query="show=all")
            assert sum(1 for _row in listing.table.rows) == listing.rows
        return len(queries)

    few = asked()
    row = Commitment.objects.get()
    Commitment.objects.bulk_create(
        Commitment(
            **{f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name != "id"}
        )
        for _number in range(30)
    )
    assert asked() == few
