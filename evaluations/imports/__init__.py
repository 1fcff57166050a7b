"""Import and export declarations of the evaluation; importing this module registers them."""

from evaluations.imports import findings, marks

__all__ = ["findings", "marks"]
