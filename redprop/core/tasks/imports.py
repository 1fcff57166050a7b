"""Imports: the kinds of job they bring, and the nightly tidying."""

from redprop.core.services import uploads  # noqa: F401  (registers its kinds of job)
