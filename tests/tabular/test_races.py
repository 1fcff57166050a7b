"""Two imports at once: the second waits, sees what the first wrote, and doubles nothing."""

import threading

import pytest
from django.db import connection

from communities.models import Compound
from redprop.areas.models import District
from redprop.common.tabular import declare
from redprop.core.models import ImportBatch
from redprop.core.services import imports

pytestmark = pytest.mark.django_db(transaction=True)


def import_at_once(path, times=2):
    """Import a file from several threads; returns (counts or error) of each."""
    district = District.objects.create(code="990101", name="甲区")
    ready, ends = threading.Barrier(times), []

    def run():
        try:
            context = imports.context_for(district=district, acting_user=None)
            ready.wait()
            plan, _batch = imports.import_file(register=declare.get("compounds"), path=path, context=context)
            ends.append(plan.counts())
        except Exception as error:
            ends.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def test_the_same_file_twice_at_once_gives_each_compound_once(write):
    path = write(["小区名称"], *[[f"小区{n}"] for n in range(300)])
    ends = import_at_once(path)
    assert sorted(end["new"] for end in ends) == [0, 300], ends
    assert Compound.objects.count() == 300
    assert ImportBatch.objects.count() == 2


def test_without_the_lock_they_do_collide(write, monkeypatch):
    """Shows that the test above can fail: both allot the same codes, and the database refuses one."""
    monkeypatch.setattr(imports, "_lock", lambda district, register: None)
    path = write(["小区名称"], *[[f"小区{n}"] for n in range(300)])
    ends = import_at_once(path)
    assert any(isinstance(end, Exception) for end in ends) or Compound.objects.count() > 300
