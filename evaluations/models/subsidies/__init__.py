"""Subsidies: rules as dated data, funds with ceilings, what is owed, and the batches that pay it."""

from evaluations.models.subsidies.batches import SubsidyBatch, SubsidyExport, SubsidySlice, SubsidyStep
from evaluations.models.subsidies.entitlements import Entitlement
from evaluations.models.subsidies.funds import Fund, FundMovement, FundYear
from evaluations.models.subsidies.lines import PaymentLine
from evaluations.models.subsidies.rules import FactorBand, SubsidyRate, SubsidyRequirement, SubsidyRule

__all__ = [
    "Entitlement",
    "FactorBand",
    "Fund",
    "FundMovement",
    "FundYear",
    "PaymentLine",
    "SubsidyBatch",
    "SubsidyExport",
    "SubsidyRate",
    "SubsidyRequirement",
    "SubsidyRule",
    "SubsidySlice",
    "SubsidyStep",
]
