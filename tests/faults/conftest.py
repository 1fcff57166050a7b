"""Each test has a fresh database on servers that may be stopped; Django's connection leads there meanwhile."""

from collections.abc import Iterator

import pytest
from django.db import connection

from redprop.common.servers import postgres
from tests.faults.landscape import Landscape, landscape, namespaces_work


@pytest.fixture(scope="module")
def servers(django_db_setup, django_db_blocker) -> Iterator[Landscape]:
    """Servers on this host."""
    with django_db_blocker.unblock(), landscape(networked=False) as land:
        yield land


@pytest.fixture(scope="module")
def network(django_db_setup, django_db_blocker) -> Iterator[Landscape]:
    """Servers on a host of their own, in a network of their own."""
    if not namespaces_work():
        pytest.skip(
            "Network namespaces cannot be made here: this needs root and the commands ip and nsenter."
        )
    with django_db_blocker.unblock(), landscape(networked=True) as land:
        yield land


@pytest.fixture
def land(request) -> Landscape:
    """The landscape that the module asks for by `LANDSCAPE`."""
    return request.getfixturevalue(getattr(request.module, "LANDSCAPE", "servers"))


@pytest.fixture
def db(land: Landscape, django_db_blocker) -> Iterator[None]:
    """In place of pytest-django's: Django's connection leads to a fresh database of the landscape."""
    with django_db_blocker.unblock():
        if land.postmaster is None or land.postmaster.poll() is not None:
            land.start_postgres()  # a test before broke off with it stopped
        if land.broker is None or land.broker.poll() is not None:
            land.start_broker()
        land.new_database()
        connection.close()
        before = dict(connection.settings_dict)
        options = {
            k: v for k, v in before["OPTIONS"].items() if k not in ("host", "port", "user", "password")
        }
        connection.settings_dict.update(
            NAME="faults",
            USER=postgres.ROLE,
            PASSWORD="",
            HOST=str(land.folder / "s"),
            PORT=str(land.pg_port),
            OPTIONS=options,
        )
        try:
            with land.queue() as broker:
                broker.default_channel.client.flushdb()
            yield
        finally:
            land.end_programs()
            connection.close()
            connection.settings_dict.clear()
            connection.settings_dict.update(before)
