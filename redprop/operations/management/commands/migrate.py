"""Django's migrate, one at a time: a second one, of another host's deployment, waits and then finds nothing to do.

A database that has migrations which this program does not know, and lacks some that it brings, comes from a state
of the program that leads nowhere (the migrations before the first release were folded into initial ones): refused
before anything is changed. An older program beside a newer database has nothing to apply and is not refused.
"""

import contextlib
from typing import Any

import psycopg
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from redprop.operations.migration_rules import leaves

LOCK = 4_201_020_100
"""Key of the advisory lock; it ends with the connection, however the process ends."""


def refuse_strangers(database: str) -> None:
    """Raise when an app of ours has migrations in the database that are not here, and others here that it lacks."""
    loader = MigrationLoader(connections[database])
    here, there = set(loader.disk_migrations), set(loader.applied_migrations)
    for app in leaves(loader):
        unknown = sorted(name for one, name in there - here if one == app)
        lacking = sorted(name for one, name in here - there if one == app)
        if unknown and lacking:
            raise CommandError(
                f"This database was made by a state of the portal that was never released: it has {app}.{unknown[-1]}, "
                f"which this program does not know, and lacks {app}.{lacking[0]}. Nothing was changed. "
                "A demo is built anew by `make clean` and then `make demo`; else use an empty database."
            )


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
            refuse_strangers(options["database"])
            super().handle(*args, **options)
