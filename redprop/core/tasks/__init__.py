"""Tasks of the core: each takes ids and calls one service. The rows say what is to be done."""

from redprop.core.tasks import accounts, audit, exports, imports, jobs, notices, people  # noqa: F401
