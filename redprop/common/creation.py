"""Makes the changes of a migration in one go: an empty database stands in seconds.

Django renders all models anew after every single operation of a migration, nine tenths of
the time of `migrate` on an empty database. Here the state of a whole migration is built
first; each new table is then made once, with its final fields, indexes and constraints, and
what changes older tables follows in its order.
"""

from collections.abc import Sequence
from itertools import groupby

from django.db import migrations
from django.db.migrations.operations.base import Operation

OF_A_NEW_TABLE = (
    migrations.CreateModel,
    migrations.AddField,
    migrations.AddConstraint,
    migrations.AddIndex,
    migrations.AlterUniqueTogether,
)
OF_AN_OLD_TABLE = (
    migrations.AddField,
    migrations.AlterField,
    migrations.RemoveField,
    migrations.AddConstraint,
    migrations.RemoveConstraint,
    migrations.AddIndex,
    migrations.RemoveIndex,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
)
"""These ask only for the state before all and after all of them; renaming and deleting stay on their own."""


class ChangeTogether(Operation):
    """Creates the tables of new models as their state is at the end, then changes older tables in order."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = list(operations)
        self.created = [one.name for one in operations if isinstance(one, migrations.CreateModel)]
        new = {name.lower() for name in self.created}
        self.later = [one for one in operations if _model(one) not in new]

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)  # rendered once at the end instead of after each operation
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for name in self.created:
            model = to_state.apps.get_model(app_label, name)
            if self.allow_migrate_model(schema_editor.connection.alias, model):
                schema_editor.create_model(model)
        for operation in self.later:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for operation in reversed(self.later):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)
        for name in reversed(self.created):
            model = from_state.apps.get_model(app_label, name)
            if self.allow_migrate_model(schema_editor.connection.alias, model):
                schema_editor.delete_model(model)

    def describe(self):
        return f"Create {len(self.created)} models and make {len(self.later)} changes"

    @property
    def migration_name_fragment(self):
        return "initial"


def _model(operation: Operation) -> str:
    return str(getattr(operation, "model_name", "") or getattr(operation, "name", "")).lower()


def together(operations: Sequence[Operation]) -> list[Operation]:
    """Return `operations` with each row of them that only makes and changes tables as one operation.

    Extensions, SQL and Python keep their place between.
    """
    kinds = (*OF_A_NEW_TABLE, *OF_AN_OLD_TABLE)
    found: list[Operation] = []
    for tables, group in groupby(operations, key=lambda one: isinstance(one, kinds)):
        row = list(group)
        found += [ChangeTogether(row)] if tables else row
    return found
