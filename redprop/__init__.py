"""The Red Property portal of a district: settings, ground floor and the shared apps."""

from redprop.celery import app as celery_app

__all__ = ["celery_app"]
