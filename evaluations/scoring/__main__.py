"""`python -m evaluations.scoring OUT.zip`: recompute a published bundle.

Needs no database and no settings. Exit 0: identical; 1: differing lines, or no usable bundle;
2: wrong usage.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from evaluations.scoring import messages
from evaluations.scoring.problems import NotUsable, Problem
from evaluations.scoring.reading import parse, read_zip
from evaluations.scoring.verify import verify

MOST_LINES = 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify the bundle named on the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m evaluations.scoring",
        description="Recompute every total, rank, band and colour of a published bundle. / 逐项重算已公布的数据包。",
    )
    parser.add_argument("bundle", type=Path, metavar="OUT.zip")
    parser.add_argument(
        "--previous", type=Path, metavar="ZIP", help="check the chain to the preceding release / 核对上一期"
    )
    parser.add_argument("--language", choices=["zh", "en"], default="zh")
    options = parser.parse_args(arguments)
    for path in (options.bundle, options.previous):
        if path is not None and not path.is_file():
            parser.error(f"{path}: no such file / 没有这个文件")

    def say(template: str, **values: object) -> None:
        problem = Problem("", template, {name: str(value) for name, value in values.items()})
        sys.stdout.write(messages.say(problem, options.language) + "\n")

    try:
        files = read_zip(options.bundle)
        bundle = parse(files)
        previous = parse(read_zip(options.previous)).manifest if options.previous is not None else None
    except NotUsable as refusal:
        sys.stdout.write(messages.say(refusal.problem, options.language) + "\n")
        return 1
    report = verify(bundle, files, previous)
    for problem in report.problems[:MOST_LINES]:
        sys.stdout.write(messages.say(problem, options.language) + "\n")
    if len(report.problems) > MOST_LINES:
        say(messages.MORE, count=len(report.problems) - MOST_LINES)
    if report.problems:
        say(messages.DIFFERENT, count=len(report.problems))
        return 1
    for subject in report.withdrawn:
        say(messages.WITHDRAWN, subject=subject)
    content = bundle.content
    say(
        messages.SAME,
        district=content.district,
        period=content.period,
        kind=content.kind,
        sequence=content.sequence,
        projects=len(content.subjects),
        enterprises=len(content.enterprises),
        digest=bundle.manifest["digest"],
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
