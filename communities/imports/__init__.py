"""Import and export declarations of the communities app; importing this module registers them."""

from importlib import import_module

IN_ORDER = (
    "compounds",
    "compound_classes",
    "contracts",
    "market",
    "meetings",
    "commitments",
    "councils",
    "requests",
    "rosters",
    "visits",
)
"""A file of a later one refers to rows of the earlier ones, so this is the order of a first filling."""

for _name in IN_ORDER:
    import_module(f"{__name__}.{_name}")
