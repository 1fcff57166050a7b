"""Satisfaction surveys apart from their rows: drawing, questions, figures, letters."""
