"""`python -m evaluations.subsidies verify PACK.zip`: check an audit pack without a database or settings.

The password comes from the keyboard, or from the environment variable AUDIT_PACK_PASSWORD. Exit 0: everything
agrees; 1: it does not, or the pack cannot be read; 2: wrong usage.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from evaluations.subsidies.pack import NotReadable, verify_pack

MOST_LINES = 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify the pack named on the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m evaluations.subsidies",
        description="Check digests, amounts, approvals and files of an audit pack. / 离线核验补贴批次审计包。",
    )
    parser.add_argument("act", choices=["verify"])
    parser.add_argument("pack", type=Path, metavar="PACK.zip")
    options = parser.parse_args(arguments)
    if not options.pack.is_file():
        parser.error(f"{options.pack}: no such file / 没有这个文件")
    password = os.environ.get("AUDIT_PACK_PASSWORD") or getpass.getpass("口令 / password: ")
    try:
        manifest, findings = verify_pack(options.pack, password)
    except NotReadable as error:
        sys.stdout.write(f"无法读取（口令错误或不是审计包）/ cannot be read: {error}\n")
        return 1
    batch = manifest["batch"]
    sys.stdout.write(f"{batch['number']}  {batch['line_count']} 笔  ¥{batch['total']}\n")
    for finding in findings[:MOST_LINES]:
        sys.stdout.write(f"不一致 / differs  {finding.where}: {finding.what}\n")
    if findings:
        return 1
    sys.stdout.write(
        "文件摘要、逐行金额、合计、审批摘要和经手人均一致 / files, amounts, totals, approval and hands agree\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
