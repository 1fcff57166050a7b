"""The program that recomputes a bundle, as one file to download: `python recompute.zip bundle.zip`.

Packed from the sources that closed the quarter; it needs Python and nothing else.
"""

import io
import zipfile
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from redprop.public.sheets import STAMP

START = '''"""Recompute a published bundle: `python recompute.zip bundle.zip [--previous ZIP]`."""

import sys

from evaluations.scoring.__main__ import main

sys.exit(main())
'''
EMPTY = ("evaluations/__init__.py", "redprop/__init__.py", "redprop/common/__init__.py")
ALONE = ("redprop/common/rounding.py",)


@lru_cache(maxsize=1)
def program() -> bytes:
    """Return the program as a ZIP that Python runs."""
    root = Path(settings.BASE_DIR)
    sources = sorted((root / "evaluations/scoring").glob("*.py"))
    parts = {path.relative_to(root).as_posix(): path.read_bytes() for path in sources}
    parts |= {name: (root / name).read_bytes() for name in ALONE}
    parts |= dict.fromkeys(EMPTY, b"") | {"__main__.py": START.encode()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(parts):
            packed.writestr(zipfile.ZipInfo(name, STAMP), parts[name], zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()
