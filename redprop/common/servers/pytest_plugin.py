"""A pytest plugin: every process of pytest-xdist gets a Redis database of its own, as Django gives it a PostgreSQL one.

Loaded by `-p` before Django reads its settings; otherwise one process's worker would take the other's tasks.
"""

import os
import re

_worker = re.fullmatch(r"gw(\d+)", os.environ.get("PYTEST_XDIST_WORKER", ""))
if _worker and "REDIS_URL" in os.environ:
    _number = 2 + int(_worker.group(1)) % 14  # a server has 16; 0 is the demo's, 1 that of a lone pytest
    os.environ["REDIS_URL"] = re.sub(r"/\d+$", f"/{_number}", os.environ["REDIS_URL"])
