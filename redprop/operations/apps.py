"""App configuration of the watchers and of the commands that install and upgrade."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "redprop.operations"
    label = "operations"
