"""Admin pages of the evaluations."""

from evaluations.admin import batches, credit, facts, lists, money, periods, rubrics

__all__ = ["batches", "credit", "facts", "lists", "money", "periods", "rubrics"]
