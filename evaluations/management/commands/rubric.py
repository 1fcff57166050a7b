"""`rubric try RUBRIC.xlsx MARKS OUT.xlsx`: score a table of marks under a rubric's workbook. Nothing is saved."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from evaluations.trials.marks_file import read_marks
from evaluations.trials.rubric_file import read_rubric
from evaluations.trials.table_trial import TableTrial, score_table, write_result
from redprop.common.tabular.writing import ENDINGS
from redprop.core.management.registers import RegisterCommand, usage


class Command(RegisterCommand):
    """See the module."""

    help = "Try a rubric: subject, total, band and rank of a table of marks (.xlsx .xls .csv .ods)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add action, files and options."""
        parser.add_argument("action", choices=["try"])
        parser.add_argument(
            "workbook", type=Path, metavar="RUBRIC.xlsx", help="as “export_register rubrics” writes it"
        )
        parser.add_argument(
            "marks",
            type=Path,
            metavar="MARKS",
            help="first column the subject, then one column for each item, named by its code",
        )
        parser.add_argument("out", type=Path, metavar="OUT.xlsx")
        parser.add_argument(
            "--rubric", default="", metavar="CODE@VERSION", help="which one, when the workbook holds several"
        )
        parser.add_argument("--sheet", help="name or number of the sheet with the marks")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        out: Path = options["out"]
        if out.suffix.lower().lstrip(".") not in ENDINGS:
            raise usage(_("Name the result with the ending .xlsx or .csv."))
        if not out.absolute().parent.is_dir():
            raise usage(_("There is no folder %(folder)s to write to.") % {"folder": out.parent})
        for path in (options["workbook"], options["marks"]):
            if not path.is_file():
                raise usage(_("There is no file %(path)s.") % {"path": path})
        rubric = read_rubric(options["workbook"], options["rubric"])
        trial = score_table(rubric, read_marks(options["marks"], rubric, options["sheet"]))
        write_result(out, trial)
        if options["json"]:
            self.stdout.write(self.json(as_json(trial, out)))
        else:
            self.stdout.write(in_words(trial, out))


def as_json(trial: TableTrial, out: Path) -> dict[str, Any]:
    """Return the trial as plain data; numbers are decimal strings."""
    return {
        "rubric": f"{trial.rubric.code}@{trial.rubric.version}",
        "file": str(out),
        "subjects": len(trial.rows),
        "without_total": trial.without_total,
        "bands": trial.bands,
        "items_without_column": trial.absent,
        "unused_columns": trial.unused,
        "results": [
            {
                "subject": row.subject,
                "total": None if row.card.total is None else format(row.card.total, "f"),
                "band": row.card.band,
                "rank": row.rank,
                **({"why": row.why} if row.why else {}),
            }
            for row in trial.rows
        ],
    }


def in_words(trial: TableTrial, out: Path) -> str:
    """Return the trial in some lines."""
    lines = [
        _("%(rubric)s: %(count)s subjects scored, %(without)s without a total. Nothing was saved.")
        % {
            "rubric": f"{trial.rubric.title} {trial.rubric.version}",
            "count": len(trial.rows) - trial.without_total,
            "without": trial.without_total,
        }
    ]
    titles = {band.code: band.title for band in trial.rubric.bands}
    lines += [f"  {code} {titles[code]}: {count}" for code, count in trial.bands.items()]
    if trial.absent:
        lines.append(
            _("Not applicable for everybody, no column: %(items)s") % {"items": "、".join(trial.absent)}
        )
    if trial.unused:
        lines.append(_("Columns not used: %(columns)s") % {"columns": "、".join(trial.unused)})
    return "\n".join([*lines, _("Result: %(file)s") % {"file": out}])
