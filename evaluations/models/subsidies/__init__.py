"""Subsidies: rules as dated data, funds with ceilings, what is owed, the batches that pay it, and the ledger."""

from evaluations.models.subsidies.accounts import AccountOpening, PayeeAccount
from evaluations.models.subsidies.approvals import ApprovalTier, SampledLine, SubsidyApproval
from evaluations.models.subsidies.batches import SubsidyBatch, SubsidyExport, SubsidySlice, SubsidyStep
from evaluations.models.subsidies.entitlements import Entitlement
from evaluations.models.subsidies.funds import Fund, FundMovement, FundTransfer, FundYear
from evaluations.models.subsidies.ledger import LedgerEntry, LedgerLine
from evaluations.models.subsidies.lines import PaymentLine
from evaluations.models.subsidies.payments import BankOrder, BankResult
from evaluations.models.subsidies.receipts import ClawbackReceipt
from evaluations.models.subsidies.rules import FactorBand, SubsidyRate, SubsidyRequirement, SubsidyRule

__all__ = [
    "AccountOpening",
    "ApprovalTier",
    "BankOrder",
    "BankResult",
    "ClawbackReceipt",
    "Entitlement",
    "FactorBand",
    "Fund",
    "FundMovement",
    "FundTransfer",
    "FundYear",
    "LedgerEntry",
    "LedgerLine",
    "PayeeAccount",
    "PaymentLine",
    "SampledLine",
    "SubsidyApproval",
    "SubsidyBatch",
    "SubsidyExport",
    "SubsidyRate",
    "SubsidyRequirement",
    "SubsidyRule",
    "SubsidySlice",
    "SubsidyStep",
]
