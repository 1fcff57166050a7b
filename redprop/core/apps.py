"""App configuration of the core: persons, imports, jobs, holidays, files, notices."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "redprop.core"
    label = "core"
    verbose_name = _("Core")
