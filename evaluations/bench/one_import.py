"""One import in a process of its own, so that its peak memory is its own: seconds, memory, pinyin apart.

`python -m evaluations.bench.one_import DATABASE DISTRICT FILE` prints one JSON object.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import django


def memory(name: str) -> float:
    """Return VmRSS (now) or VmHWM (highest so far) of this process in MB; 0 where there is no /proc.

    Not `ru_maxrss`: a child that was started without a fork of its own inherits its parent's.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name)), 0)


def run(database: str, code: str, path: Path) -> dict[str, Any]:
    """Import the file into the register of compounds and return what it took."""
    # Django must be set up before any of these can be imported.
    from django.db import connection

    from communities.services import search_keys
    from redprop.areas.models import District
    from redprop.common.tabular import declare
    from redprop.core.services import imports

    connection.settings_dict["NAME"] = database
    context = imports.context_for(district=District.objects.get(code=code), acting_user=None)
    register = declare.get("compounds")
    spent = 0.0
    plain = search_keys.find_key

    def timed(*arguments: Any) -> str:
        nonlocal spent
        start = time.perf_counter()
        key = plain(*arguments)
        spent += time.perf_counter() - start
        return key

    search_keys.find_key = timed
    bare = memory("VmRSS")
    start = time.perf_counter()
    plan, batch = imports.import_file(register=register, path=path, context=context)
    seconds = time.perf_counter() - start
    return {
        "seconds": round(seconds, 3),
        "pinyin_s": round(spent, 3),
        "bare_mb": round(bare, 1),
        "peak_mb": round(memory("VmHWM"), 1),
        "written": batch is not None,
        **plan.counts(),
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "redprop.settings")
    django.setup()
    print(json.dumps(run(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))  # noqa: T201
