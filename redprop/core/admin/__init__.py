"""Admin pages of the ground registers: areas, accounts, persons, calendar, runs, audit trail, exports."""

from redprop.core.admin import (  # noqa: F401
    account_reviews,
    accounts,
    areas,
    audit,
    divisions,
    exports,
    listing,
    messages,
    people,
    profiles,
    runs,
    saved_filters,
    sign_ins,
)
