"""Django's migrate, one at a time: a second one, of another host's deployment, waits and then finds nothing to do."""

import contextlib
from typing import Any

import psycopg
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

LOCK = 4_201_020_100
"""Key of the advisory lock; it ends with the connection, however the process ends."""


class Command(Migrate):
    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate with the lock held. The lock has a connection of its own: migrating may close Django's."""
        given = connections[options["database"]].get_connection_params()
        given = {k: v for k, v in given.items() if k not in ("cursor_factory", "context")}
        with contextlib.closing(psycopg.connect(**given, autocommit=True)) as keeper:
            if not keeper.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()[0]:  # type: ignore[index]
                if options["verbosity"]:
                    self.stdout.write("Another deployment is migrating this database; waiting for its end …")
                keeper.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            super().handle(*args, **options)
