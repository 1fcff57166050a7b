"""`import_register REGISTER FILE`: check a file and write it into a register, or say row by row why not."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.matching import LOW
from redprop.common.tabular import declare, errorbook
from redprop.common.tabular.engine import Plan
from redprop.common.tabular.headers import plain
from redprop.common.tabular.reading import open_sheets
from redprop.core.management.editions import take_over
from redprop.core.management.registers import RegisterCommand, usage
from redprop.core.services import imports, profiles

SHOWN_ERRORS = 30
SAME_NAME = -1
"""`--accept-matches` without a number: rows of the same name."""


class Command(RegisterCommand):
    """See the module."""

    help = "Import a file (.xlsx .xls .csv .ods) into a register. Nothing is written when a row is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add register, file and options."""
        parser.add_argument("register")
        parser.add_argument("file", type=Path)
        parser.add_argument("--sheet", help="name or number of the sheet")
        parser.add_argument(
            "--map", action="append", default=[], metavar="HEADER=field", help="name a column of the file"
        )
        parser.add_argument("--profile", metavar="NAME", help="use the kept column mapping of that name")
        parser.add_argument(
            "--save-profile", metavar="NAME", help="keep the mapping of --map (and --profile) under a name"
        )
        parser.add_argument("--simulate", action="store_true", help="check and report, write nothing")
        parser.add_argument(
            "--only-good", action="store_true", help="write the good rows, leave out the refused"
        )
        parser.add_argument(
            "--accept-matches",
            nargs="?",
            type=int,
            const=SAME_NAME,
            metavar="MIN",
            help="take rows without a code for the rows their names propose; with MIN, for every clear "
            "proposal of at least so many points (0 to 100)",
        )
        parser.add_argument("--errors", type=Path, metavar="OUT.xlsx", help="write the errors to a workbook")
        parser.add_argument(
            "--edition",
            metavar="EDITION",
            help="communities: the file is the whole list of this edition of the official divisions, such as 2023",
        )
        parser.add_argument(
            "--as-of",
            type=dt.date.fromisoformat,
            metavar="DATE",
            help="the day as of which the edition holds",
        )
        super().add_arguments(parser)

    def refused(self, refusal: Refused, options: dict[str, Any]) -> dict[str, Any]:
        """Return the contract's object for a file that could not be taken as a whole."""
        counts = dict.fromkeys(("rows", "new", "changed", "unchanged", "refused"), 0)
        error = {"row": None, "column": None, "value": None, "message": str(refusal)}
        return {
            "register": options["register"],
            **counts,
            "errors": [error],
            "batch": None,
        }

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        register = declare.get(options["register"])
        mapping = self._mapping(register, options["map"])
        if options["errors"] and options["errors"].suffix.lower() != ".xlsx":
            raise usage(_("--errors takes a file name that ends in .xlsx."))
        accept = options["accept_matches"]
        context = imports.context_for(
            district=self.find_district(options["district"]),
            acting_user=self.find_user(options["user"]),
            accept_matches=accept is not None,
        )
        if options["edition"]:
            return take_over(self, register, context, mapping, options)
        if accept is not None and accept != SAME_NAME:
            if not LOW <= accept <= 100:
                raise usage(
                    _("--accept-matches takes points from %(low)s to 100. Fewer are never proposed.")
                    % {"low": LOW}
                )
            context = replace(context, accept_from=accept)
        sheet, mapping = self._with_profile(register, context, mapping, options)
        common: dict[str, Any] = {
            "register": register,
            "path": options["file"],
            "context": context,
            "sheet": sheet,
            "mapping": mapping,
        }
        if options["save_profile"]:
            imports.require_permission(context.user, register)
            # also when rows are refused: what the columns are does not hang on what stands in them
            profiles.save_profile(
                district=context.district,
                register=register,
                name=options["save_profile"],
                headers=profiles.headers_of(
                    register=register, path=options["file"], sheet=sheet, mapping=mapping
                ),
                mapping=mapping,
                sheet=sheet or "",
                acting_user=context.user,
            )
        batch = None
        if options["simulate"]:
            plan = imports.check(**common)
        else:
            plan, batch = imports.import_file(**common, only_good=options["only_good"])
        if options["errors"]:
            errorbook.write_errors(options["errors"], plan.layout, plan.problems())
        counts = plan.counts()
        if options["json"]:
            found = {
                "register": register.name,
                **counts,
                "errors": [problem.as_dict() for problem in plan.problems()],
                "batch": batch.pk if batch else None,
            }
            self.stdout.write(self.json(found))
        else:
            self._print(plan, counts, bool(batch), options)
        if counts["refused"] and not (options["only_good"] and counts["refused"] < counts["rows"]):
            raise SystemExit(1)

    @staticmethod
    def _with_profile(
        register: declare.Register, context: declare.Context, mapping: dict[str, str], options: dict[str, Any]
    ) -> tuple[str | None, dict[str, str]]:
        """Return sheet and mapping of the named profile, as far as the file has its columns, under those given."""
        if not options["profile"]:
            return options["sheet"], mapping
        profile = profiles.get_profile(district=context.district, register=register, name=options["profile"])
        sheets = [one.name for one in open_sheets(options["file"], options["sheet"])]
        sheet = options["sheet"] or (profile.sheet if profile.sheet in sheets[1:] else None)
        kept = profiles.mapping_for(profile=profile, path=options["file"], sheet=sheet)
        spoken = {plain(header) for header in mapping} | set(mapping.values())
        kept = {h: n for h, n in kept.items() if plain(h) not in spoken and n not in spoken}
        return sheet, {**kept, **mapping}

    @staticmethod
    def _mapping(register: declare.Register, pairs: list[str]) -> dict[str, str]:
        mapping = {}
        for pair in pairs:
            header, mark, name = pair.rpartition("=")
            if not mark or not header:
                raise usage(_("--map takes HEADER=field, not “%(pair)s”.") % {"pair": pair})
            if name not in register.by_field or register.by_field[name].read_only:
                raise usage(
                    _("Register “%(register)s” has no field “%(field)s”. Fields: %(fields)s.")
                    % {
                        "register": register.name,
                        "field": name,
                        "fields": " ".join(c.field for c in register.columns if not c.read_only),
                    }
                )
            mapping[header] = name
        return mapping

    def _print(self, plan: Plan, counts: dict[str, int], written: bool, options: dict[str, Any]) -> None:
        self.stdout.write(
            _(
                "%(register)s: %(rows)s rows – new %(new)s, changed %(changed)s, unchanged %(unchanged)s, refused %(refused)s"
            )
            % {"register": plan.register.title, **counts}
        )
        if plan.layout.ignored:
            self.stdout.write(
                _("Columns not used: %(columns)s") % {"columns": "、".join(plan.layout.ignored)}
            )
        problems = plan.problems()
        for problem in problems[:SHOWN_ERRORS]:
            self.stderr.write(
                _("Row %(row)s, %(column)s: %(message)s")
                % {"row": problem.row, "column": problem.column or "–", "message": problem.message}
            )
        if len(problems) > SHOWN_ERRORS:
            self.stderr.write(
                _("… and %(count)s more errors. Write all of them with --errors OUT.xlsx.")
                % {"count": len(problems) - SHOWN_ERRORS}
            )
        if options["simulate"]:
            self.stdout.write(_("Simulated: nothing was written."))
        elif written and not counts["new"] + counts["changed"]:
            self.stdout.write(_("The register already says all this; there is nothing to write."))
        elif written:
            self.stdout.write(_("Written."))
        else:
            self.stdout.write(_("Nothing was written. Mend the rows above, or add --only-good."))
