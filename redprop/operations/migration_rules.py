"""Which migrations the code before them survives: the rules of an upgrade without an interruption.

While hosts are upgraded one after the other, old code runs on the new tables. So a release only
adds; what nobody reads any more goes with the next one. Migrations of the last release, and
before, stand in `deploy/released-migrations.json` and are not judged; nor are tables that came
after it. A migration that does more on purpose says why: `safe_because = "…"` in its class.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.fields import NOT_PROVIDED

RELEASED = Path(settings.BASE_DIR) / "deploy" / "released-migrations.json"
SHORTEST_REASON = 20
_SQL = re.compile(
    r"\b(DROP\s+(TABLE|COLUMN|VIEW)|RENAME\s+(TO|COLUMN|CONSTRAINT)|SET\s+NOT\s+NULL|TRUNCATE|"
    r"ALTER\s+COLUMN\s+\S+\s+(SET\s+DATA\s+)?TYPE)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """What a migration does that running code would not survive."""

    app: str
    migration: str
    what: str
    reason: str = ""
    """Why it is done nevertheless, from `safe_because`."""

    def __str__(self) -> str:
        return f"{self.app} {self.migration}: {self.what}" + (
            f" (marked: {self.reason})" if self.reason else ""
        )


def leaves(loader: MigrationLoader) -> dict[str, str]:
    """Return the last migration of each app of ours."""
    ours = tuple(path.parent.name for path in Path(settings.BASE_DIR).glob("*/migrations"))
    ours += tuple(path.parent.name for path in Path(settings.BASE_DIR).glob("redprop/*/migrations"))
    return {app: name for app, name in sorted(loader.graph.leaf_nodes()) if app in ours}


def released(loader: MigrationLoader, told: dict[str, str]) -> set[tuple[str, str]]:
    """Return every migration of the last release; `told` names its last one by app."""
    found: set[tuple[str, str]] = set()
    for node in told.items():
        found |= set(loader.graph.forwards_plan(node))
    return found


def read_released() -> dict[str, str] | None:
    """Return what the last release left in its file, or None before the first."""
    return json.loads(RELEASED.read_text())["migrations"] if RELEASED.exists() else None


def write_released(release: str) -> None:
    """Record the migrations of this checkout as those of `release`."""
    told = {"release": release, "migrations": leaves(MigrationLoader(None))}
    RELEASED.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def judge_all() -> list[Finding]:
    """Return the findings in all migrations after the last release; none before the first release."""
    told = read_released()
    if told is None:
        return []
    loader = MigrationLoader(None)
    old = released(loader, told)
    state = ProjectState()
    old_tables: set[tuple[str, str]] = set()
    found: list[Finding] = []
    plan = [node for leaf in sorted(loader.graph.leaf_nodes()) for node in loader.graph.forwards_plan(leaf)]
    plan = list(dict.fromkeys(plan))
    for node in [n for n in plan if n in old] + [n for n in plan if n not in old]:
        migration = loader.graph.nodes[node]
        if node in old:
            migration.mutate_state(state, preserve=False)
            old_tables = set(state.models)
        else:
            found += judge(migration, state, old_tables)
    return found


def judge(
    migration: migrations.Migration, state: ProjectState, old_tables: set[tuple[str, str]]
) -> list[Finding]:
    """Return the findings in one migration and bring `state` behind it."""
    reason = str(getattr(migration, "safe_because", "")).strip()
    reason = reason if len(reason) >= SHORTEST_REASON else ""
    found = []
    for operation in flat(migration.operations):
        what = trouble(operation, migration.app_label, state, old_tables)
        if what:
            found.append(Finding(migration.app_label, migration.name, what, reason))
        operation.state_forwards(migration.app_label, state)
    return found


def flat(operations: list[Any]) -> Iterator[Operation]:
    """Yield operations, also those inside others; what only changes the state is not looked at but followed."""
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from flat(operation.database_operations)
            yield migrations.SeparateDatabaseAndState(state_operations=operation.state_operations)
        elif inner := getattr(operation, "operations", None):
            yield from flat(inner)
        else:
            yield operation


def trouble(operation: Operation, app: str, state: ProjectState, old_tables: set[tuple[str, str]]) -> str:
    """Return what is wrong with an operation, or ""."""
    if isinstance(operation, migrations.RunSQL):
        hit = _SQL.search(str(operation.sql))
        return f"SQL with “{hit.group(0)}”: running code may still read it" if hit else ""
    model = str(getattr(operation, "model_name", "") or getattr(operation, "name", "")).lower()
    if isinstance(operation, migrations.RenameModel):
        model = operation.old_name.lower()
    if (app, model) not in old_tables:
        return ""
    if isinstance(operation, migrations.RenameModel | migrations.RenameField | migrations.AlterModelTable):
        return f"renames in {model}: add the new name, copy, drop the old one with the next release"
    if isinstance(operation, migrations.DeleteModel):
        return f"drops the table of {model}: running code may still read it"
    if isinstance(operation, migrations.RemoveField):
        return f"drops {model}.{operation.name}: running code still selects it"
    if isinstance(operation, migrations.AddField):
        return _added(operation, model)
    if isinstance(operation, migrations.AlterField):
        return _altered(operation, model, state.models[app, model].fields.get(operation.name))
    return ""


def _added(operation: migrations.AddField, model: str) -> str:
    field = operation.field
    if field.many_to_many or field.null or getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED:
        return ""
    if isinstance(field, models.GeneratedField):
        return ""
    return f"adds {model}.{operation.name} NOT NULL without db_default: running code inserts rows without it"


def _altered(operation: migrations.AlterField, model: str, before: Any) -> str:
    after = operation.field
    name = f"{model}.{operation.name}"
    if before is None or after.many_to_many:
        return ""
    if before.null and not after.null:
        return f"makes {name} NOT NULL: running code may still leave it empty"
    if before.get_internal_type() != after.get_internal_type():
        return f"changes the type of {name}: the table is written anew and locked"
    if (after.max_length or 0) < (before.max_length or 0) and after.max_length:
        return f"makes {name} shorter: running code may still write more"
    if after.unique and not before.unique:
        return f"makes {name} unique: running code may still write doubles"
    return ""
