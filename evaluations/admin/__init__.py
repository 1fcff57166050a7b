"""Admin pages of the evaluations."""

from evaluations.admin import batches, money

__all__ = ["batches", "money"]
