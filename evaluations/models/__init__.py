"""Evaluations: the facts marked by people, rubrics, cards, releases, and the money that follows."""

from evaluations.models.after_release import EntryReply, FollowUp, Rectification
from evaluations.models.cards import (
    ClosingChunk,
    ClosingRun,
    IndicatorValue,
    Scorecard,
    ScoreLine,
    Subject,
)
from evaluations.models.credit import CityRating, CreditEvent, CreditEventEnd, CreditGrade, CreditScheme
from evaluations.models.facts import Inspection, InspectionMark, SurveyAnswer
from evaluations.models.findings import Deduction, DeductionGround, Veto
from evaluations.models.flags import (
    FlagCandidate,
    FlagEnd,
    FlagRound,
    FlagRule,
    FlagWithdrawal,
    RankGroup,
    RotatingFlag,
)
from evaluations.models.marks import HandMark
from evaluations.models.periods import EvaluationPeriod
from evaluations.models.releases import (
    NAMED_COLOURS,
    Colour,
    Level,
    ListEntry,
    Objection,
    Place,
    Release,
    ReleaseEntry,
)
from evaluations.models.reports import PeriodReport
from evaluations.models.rubrics import Rubric, RubricBand, RubricItem
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
    SubsidyRequirement,
    SubsidyRule,
    SubsidySlice,
    SubsidyStep,
)
from evaluations.models.tenders import CreditReport, Tender, TenderBid

__all__ = [
    "NAMED_COLOURS",
    "CityRating",
    "ClosingChunk",
    "ClosingRun",
    "Colour",
    "CreditEvent",
    "CreditEventEnd",
    "CreditGrade",
    "CreditReport",
    "CreditScheme",
    "Deduction",
    "DeductionGround",
    "Entitlement",
    "EntryReply",
    "EvaluationPeriod",
    "FactorBand",
    "FlagCandidate",
    "FlagEnd",
    "FlagRound",
    "FlagRule",
    "FlagWithdrawal",
    "FollowUp",
    "Fund",
    "FundMovement",
    "FundYear",
    "HandMark",
    "IndicatorValue",
    "Inspection",
    "InspectionMark",
    "Level",
    "ListEntry",
    "Objection",
    "PaymentLine",
    "PeriodReport",
    "Place",
    "RankGroup",
    "Rectification",
    "Release",
    "ReleaseEntry",
    "RotatingFlag",
    "Rubric",
    "RubricBand",
    "RubricItem",
    "ScoreLine",
    "Scorecard",
    "Subject",
    "SubsidyBatch",
    "SubsidyExport",
    "SubsidyRate",
    "SubsidyRequirement",
    "SubsidyRule",
    "SubsidySlice",
    "SubsidyStep",
    "SurveyAnswer",
    "Tender",
    "TenderBid",
    "Veto",
]
