"""Admin pages of the evaluations."""

from evaluations.admin import batches, facts, lists, money, periods

__all__ = ["batches", "facts", "lists", "money", "periods"]
