"""Imports: the kinds of job they bring, and the nightly tidying."""

from redprop.core.services import error_books, undo, uploads  # noqa: F401  (register their kinds of job)
