#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys

from redprop.common.servers.run import around_manage

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "redprop.settings")
    code = around_manage(sys.argv)  # starts this checkout's own servers when DATABASE_URL names none
    if code is not None:
        sys.exit(code)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
