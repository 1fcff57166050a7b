"""Evaluations: the facts marked by people, rubrics, cards, releases, and the money that follows."""

from evaluations.models.facts import Deduction, Inspection, InspectionMark, SurveyAnswer, Veto
from evaluations.models.subsidies import (
    Entitlement,
    FactorBand,
    Fund,
    FundMovement,
    FundYear,
    PaymentLine,
    SubsidyBatch,
    SubsidyExport,
    SubsidyRate,
    SubsidyRule,
    SubsidySlice,
    SubsidyStep,
)

__all__ = [
    "Deduction",
    "Entitlement",
    "FactorBand",
    "Fund",
    "FundMovement",
    "FundYear",
    "Inspection",
    "InspectionMark",
    "PaymentLine",
    "SubsidyBatch",
    "SubsidyExport",
    "SubsidyRate",
    "SubsidyRule",
    "SubsidySlice",
    "SubsidyStep",
    "SurveyAnswer",
    "Veto",
]
