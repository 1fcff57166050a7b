"""Evaluations: the facts marked by people, rubrics, cards, releases, and the money that follows."""

from evaluations.models.facts import Deduction, Inspection, InspectionMark, SurveyAnswer, Veto

__all__ = ["Deduction", "Inspection", "InspectionMark", "SurveyAnswer", "Veto"]
