"""The Celery application. Tasks are thin: they take ids and call one service."""

import os

from celery import Celery

from redprop.operations import tasks  # noqa: F401  (tells the watchers what workers did)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "redprop.settings")

app = Celery("redprop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
