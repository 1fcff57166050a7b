"""`import_register communities FILE --edition 2023`: takes over a whole list of the official divisions."""

from typing import Any

from django.utils.translation import gettext as _

from redprop.areas.services.editions import ADDED, MOVED, RECODED, REMOVED, RENAMED
from redprop.common.tabular import errorbook
from redprop.common.tabular.declare import Context, Register
from redprop.core.management.registers import RegisterCommand, usage
from redprop.core.services import editions

SHOWN_ERRORS = 30


def kinds_of_lines() -> dict[str, str]:
    """What can become of a community, as the reader calls it."""
    return {
        REMOVED: _("removed"),
        RENAMED: _("renamed"),
        ADDED: _("added"),
        RECODED: _("given another code"),
        MOVED: _("moved to another subdistrict"),
    }


def take_over(
    command: RegisterCommand,
    register: Register,
    context: Context,
    mapping: dict[str, str],
    options: dict[str, Any],
) -> None:
    """Check the list and write it, or say row by row why not (exit 1)."""
    if register.name != editions.REGISTER:
        raise usage(_("--edition belongs to the register “communities” alone."))
    if options["only_good"]:
        raise usage(_("An edition is taken over whole or not at all: --only-good does not go with it."))
    common: dict[str, Any] = {
        "path": options["file"],
        "context": context,
        "edition": options["edition"],
        "as_of": options["as_of"],
        "sheet": options["sheet"],
        "mapping": mapping,
        "accept_proposals": options["accept_matches"],
    }
    take = editions.check_edition if options["simulate"] else editions.import_edition
    found = take(**common)
    counts, problems = found.counts(), found.plan.problems()
    if options["errors"]:
        errorbook.write_errors(options["errors"], found.plan.layout, problems)
    if options["json"]:
        command.stdout.write(
            command.json(
                {
                    "register": register.name,
                    **counts,
                    "errors": [problem.as_dict() for problem in problems],
                    "batch": found.batch.pk if found.batch else None,
                    "edition": found.summary(),
                }
            )
        )
    else:
        _print(command, found, counts, options)
    if counts["refused"]:
        raise SystemExit(1)


def _print(
    command: RegisterCommand, found: editions.Edition, counts: dict[str, int], options: dict[str, Any]
) -> None:
    command.stdout.write(
        _("Edition %(edition)s as of %(day)s: %(rows)s communities listed")
        % {"edition": found.label, "day": found.as_of, "rows": counts["rows"]}
    )
    if found.comparison is not None:
        lines, names = found.summary()["lines"], kinds_of_lines()
        for kind, name in names.items():
            of_kind = [line for line in lines if line["change"] == kind]
            if of_kind:
                command.stdout.write(f"{name} {len(of_kind)}")
            for line in of_kind:
                old, new = (" ".join(filter(None, line[side])) for side in ("old", "new"))
                command.stdout.write(f"  {line['on']}  {old or '—'} → {new or '—'}")
    problems = found.plan.problems()
    for problem in problems[:SHOWN_ERRORS]:
        command.stderr.write(
            _("Row %(row)s, %(column)s: %(message)s")
            % {"row": problem.row, "column": problem.column or "–", "message": problem.message}
        )
    if options["simulate"]:
        command.stdout.write(_("Simulated: nothing was written."))
    elif found.batch is None:
        command.stdout.write(_("Nothing was written."))
    elif found.comparison is not None and not found.comparison.lines:
        command.stdout.write(_("The register already says all this; there is nothing to write."))
    else:
        command.stdout.write(
            _("Written. What hangs on removed communities stands in the admin under “Dissolved communities”.")
        )
