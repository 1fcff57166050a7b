"""Admin pages of the ground registers: areas, accounts, persons, calendar, runs, audit trail."""

from redprop.core.admin import accounts, areas, audit, divisions, people, runs, saved_filters  # noqa: F401
