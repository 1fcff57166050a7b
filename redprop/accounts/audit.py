"""The audit context: who acts and why. The history triggers write it beside every change."""

from redprop.common.history import acting

__all__ = ["acting"]
