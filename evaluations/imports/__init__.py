"""Import and export declarations of the evaluation; importing this module registers them."""

from evaluations.imports import credit, findings, marks, money, rubrics

__all__ = ["credit", "findings", "marks", "money", "rubrics"]
