"""The steps of a subsidy batch, in their order; each is one function with keyword arguments."""

from evaluations.services.approvals import approve_batch, export_batch
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

__all__ = [
    "approve_batch",
    "cancel_batch",
    "export_batch",
    "hold_line",
    "hold_lines_of_subject",
    "prepare_batches",
    "put_up_notice",
    "release_line",
    "release_lines_of_subject",
    "return_batch",
    "return_slice",
    "review_batch",
    "review_slice",
]
