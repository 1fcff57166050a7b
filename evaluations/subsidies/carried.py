"""The verifier that every audit pack carries: one file that any Python from 3.11 on runs beside the unpacked parts.

It is the source of `pack_check` and what that imports, with empty packages around it: no portal, no database,
nothing to install.
"""

import io
import zipfile
from pathlib import Path

NAME = "verify.pyz"
GUIDE = "说明.txt"
ROOT = Path(__file__).resolve().parents[2]
MODULES = (
    "redprop/common/rounding.py",
    "redprop/common/money.py",
    "evaluations/subsidies/amounts.py",
    "evaluations/subsidies/pack_check.py",
)
PACKAGES = ("redprop", "redprop/common", "evaluations", "evaluations/subsidies")
OLD = (2020, 1, 1, 0, 0, 0)
"""The same date in every pack: the same source gives the same bytes."""

MAIN = '''"""Checks the parts of an audit pack that lie beside this file, or in the folder named."""

import pathlib
import sys

from evaluations.subsidies.pack_check import NotReadable, check_contents

here = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else sys.argv[0]).resolve()
folder = here if here.is_dir() else here.parent
parts = {
    path.relative_to(folder).as_posix(): path.read_bytes()
    for path in sorted(folder.rglob("*"))
    if path.is_file() and not path.name.startswith(".")
}
try:
    manifest, findings = check_contents(parts)
except NotReadable as error:
    sys.exit(f"这里不是完整的审计包 / no audit pack here: {error}")
batch = manifest["batch"]
print(f"{batch['number']}  {batch['line_count']} 笔  ¥{batch['total']}")
for finding in findings[:200]:
    print(f"不一致 / differs  {finding.where}: {finding.what}")
if findings:
    sys.exit(1)
print("文件摘要、逐行金额、合计、审批摘要和经手人均一致 / files, amounts, totals, approval and hands agree")
'''

WORDS = """补贴批次审计包

一、内容
  lines.jsonl     逐行明细和计算依据      rules.json   规则和文号
  evidence.jsonl  材料清单                steps.json   各步经手人和时间
  digest.jsonl    审批时的明细            files/       补贴清册和银行文件
  manifest.json   批次、合计和各文件摘要

二、核验
  把压缩包全部解压到一个空文件夹，装有 Python 3.11 或更高版本的电脑，不联网，运行：
      python verify.pyz
  显示“均一致”即为通过；有不一致的，逐项列出。
"""


def verifier() -> bytes:
    """Return the verifier as a ZIP that Python runs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        texts = {f"{package}/__init__.py": "" for package in PACKAGES}
        texts |= {module: (ROOT / module).read_text(encoding="utf-8") for module in MODULES}
        for name, text in (texts | {"__main__.py": MAIN}).items():
            archive.writestr(zipfile.ZipInfo(name, OLD), text)
    return out.getvalue()


def carried_parts() -> list[tuple[str, bytes]]:
    """Return what a pack carries to be verified: the verifier and how it is run."""
    return [(NAME, verifier()), (GUIDE, WORDS.encode())]
