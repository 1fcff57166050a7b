"""The steps of a subsidy batch, in their order; each is one function with keyword arguments."""

from evaluations.services.approvals import approve_batch
from evaluations.services.exports import export_batch
from evaluations.services.payments import approve_retry, record_result, write_back
from evaluations.services.preparation import prepare_batches
from evaluations.services.reviews import (
    cancel_batch,
    hold_line,
    hold_lines_of_subject,
    put_up_notice,
    release_line,
    release_lines_of_subject,
    return_batch,
    return_slice,
    review_batch,
    review_slice,
)
from evaluations.services.sampling import tick_lines

__all__ = [
    "approve_batch",
    "approve_retry",
    "cancel_batch",
    "export_batch",
    "hold_line",
    "hold_lines_of_subject",
    "prepare_batches",
    "put_up_notice",
    "record_result",
    "release_line",
    "release_lines_of_subject",
    "return_batch",
    "return_slice",
    "review_batch",
    "review_slice",
    "tick_lines",
    "write_back",
]
