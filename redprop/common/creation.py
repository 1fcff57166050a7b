"""Makes the tables of a first migration in one go: an empty database stands in seconds.

Django renders all models anew after every single operation of a migration, nine tenths of
the time of `migrate` on an empty database. Here the state of a whole migration is built
first, and each table is then made once, with its final fields, indexes and constraints.
"""

from collections.abc import Sequence

from django.db import migrations
from django.db.migrations.operations.base import Operation

OF_A_NEW_TABLE = (
    migrations.AddField,
    migrations.AddConstraint,
    migrations.AddIndex,
    migrations.AlterUniqueTogether,
)


class CreateTogether(Operation):
    """Creates the tables of several models, which are known to nobody before, as their state is at the end."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = list(operations)

    @property
    def created(self) -> list[str]:
        return [
            operation.name for operation in self.operations if isinstance(operation, migrations.CreateModel)
        ]

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)  # rendered once at the end instead of after each operation
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for name in self.created:
            model = to_state.apps.get_model(app_label, name)
            if self.allow_migrate_model(schema_editor.connection.alias, model):
                schema_editor.create_model(model)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for name in reversed(self.created):
            model = from_state.apps.get_model(app_label, name)
            if self.allow_migrate_model(schema_editor.connection.alias, model):
                schema_editor.delete_model(model)

    def describe(self):
        return f"Create {len(self.created)} models"

    @property
    def migration_name_fragment(self):
        return "initial"


def together(operations: Sequence[Operation]) -> list[Operation]:
    """Return `operations` with everything that belongs to the models they create as one operation.

    Extensions that stand before them stay before; other operations come after.
    """
    created = {
        operation.name_lower for operation in operations if isinstance(operation, migrations.CreateModel)
    }

    def belongs(operation: Operation) -> bool:
        if isinstance(operation, migrations.CreateModel):
            return True
        model = str(getattr(operation, "model_name", "") or getattr(operation, "name", ""))
        return isinstance(operation, OF_A_NEW_TABLE) and model.lower() in created

    group = [operation for operation in operations if belongs(operation)]
    if not group:
        return list(operations)
    start = operations.index(group[0])
    return [
        *operations[:start],
        CreateTogether(group),
        *(operation for operation in operations[start:] if not belongs(operation)),
    ]
