"""A process of its own that takes one step of a batch and dies by SIGKILL in the middle of it.

`python -m tests.subsidies.dying` reads from stdin which database, which step, and after which call to die.
A fresh interpreter, because a fork of the tests takes along threads of browsers and open connections.
"""

import importlib
import json
import os
import signal
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "redprop.settings")


def main():
    """Take the step; exit 3 when it went through without coming to the place to die."""
    told = json.load(sys.stdin)
    django.setup()
    from django.apps import apps
    from django.conf import settings
    from django.db import connection

    settings.DEMO, settings.MEDIA_ROOT = True, told["media"]
    connection.settings_dict["NAME"] = told["database"]

    def value(one):
        """A row named by its model and key, a result file by its path, or the value itself."""
        if not isinstance(one, dict):
            return one
        if "file" in one:
            from pathlib import Path

            from evaluations.subsidies.results import read_result

            return read_result(Path(one["file"]))
        if "period" in one:
            from redprop.common.periods import Period

            return Period.parse(one["period"])
        return apps.get_model(one["model"]).objects.get(pk=one["pk"])

    module = importlib.import_module(told["module"])
    original = getattr(module, told["after"])

    def die(*args, **options):
        original(*args, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, told["after"], die)
    service = getattr(importlib.import_module("evaluations.services.batches"), told["step"])
    service(**{name: value(one) for name, one in told["options"].items()})
    sys.exit(3)


if __name__ == "__main__":
    main()
