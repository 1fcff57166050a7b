"""A long file in a real browser with a real worker: first rows while the rest is checked, reload, cancel, again."""

import os
import signal

import psycopg
import pytest
from django.db import connection, connections, transaction
from kombu import Connection

from redprop.celery import app
from redprop.core.models import ImportBatch, ImportRow
from redprop.core.services import jobs
from tests.browser import fits
from tests.evaluations.test_killed_worker import own_broker, start_worker, wait_until

State = ImportBatch.State
ROWS = 12_000

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def test_a_long_file_shows_its_first_rows_while_it_is_checked_and_can_be_cancelled_and_sent_again(
    live_server, chromium, cast, client, tmp_path, monkeypatch, settings
):
    monkeypatch.setenv("MEDIA_ROOT", str(settings.MEDIA_ROOT))  # the worker's own settings
    path = tmp_path / "小区.csv"
    path.write_text(
        "小区名称,地址,户数\n"
        + "".join(
            f"红旗{n}小区,解放大道{n}号院内东侧临街一排至三排（含配套用房、门卫室和非机动车库）,{n if n % 40 else '约'}\n"
            for n in range(ROWS)
        ),
        encoding="utf-8-sig",
    )
    client.force_login(cast.registrar)
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page, said = context.new_page(), []
    page.set_default_timeout(60_000)  # a worker and a browser share the machine with another test
    page.on("pageerror", lambda error: said.append(f"{page.url} {error.stack}"))
    parameters = connection.get_connection_params() | {"autocommit": False, "cursor_factory": None}

    def upload():
        page.goto(f"{live_server.url}/admin/communities/compound/import/compounds/")
        page.set_input_files("#id_file", path)
        page.click(".exchange-form .exchange-button")
        page.wait_for_selector("#progress")
        return ImportBatch.objects.latest("pk").pk

    with Connection(own_broker()) as broker, (tmp_path / "worker.log").open("w") as log:
        broker.default_channel.client.flushdb()

        def send(task, pk):
            transaction.on_commit(lambda: app.send_task(task, args=[pk], connection=broker))

        monkeypatch.setattr(jobs, "send_on_commit", send)
        worker = start_worker(log)
        try:
            with psycopg.connect(**parameters) as keeper:
                first = upload()
                wait_until(lambda: ImportBatch.objects.get(pk=first).job.done, 60)
                # The worker stops here at its next part; what it has kept can be read.
                keeper.execute("LOCK TABLE core_importrow IN SHARE MODE")
                page.wait_for_selector(".exchange-rows", timeout=60_000)
                batch = ImportBatch.objects.get(pk=first)
                assert batch.state == State.CHECKING
                assert 0 < batch.rows < ROWS
                assert len(page.query_selector_all(".exchange-rows tbody tr")) == 50
                assert "红旗1小区" in page.inner_text(".exchange-rows")
                assert page.query_selector("form[action$='/confirm/']") is None
                assert fits(page)

                def told():
                    page.reload()
                    done = ImportBatch.objects.get(pk=first).job.done
                    return done and f"{done}" in page.inner_text("#progress").replace(",", "")

                wait_until(told, 20)  # the page follows the worker to where it stands, also after a reload
                assert len(page.query_selector_all(".exchange-rows tbody tr")) == 50
                page.click("form[action$='/cancel/'] button")
                page.wait_for_load_state()
                keeper.rollback()
            wait_until(lambda: ImportBatch.objects.get(pk=first).state == State.CANCELLED, 60)
            assert not ImportRow.objects.exists()
            assert not ImportBatch.objects.get(pk=first).file

            second = upload()
            page.wait_for_selector("form[action$='/confirm/']", timeout=60_000)
            batch = ImportBatch.objects.get(pk=second)
            assert (batch.state, batch.rows, batch.refused) == (State.CHECKED, ROWS, ROWS // 40)
            assert ImportRow.objects.filter(batch=second).count() == ROWS
        finally:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
            broker.default_channel.client.flushdb()
    assert said == []
    context.close()
    connections.close_all()  # playwright's loop gives this block a connection of its own
