"""App configuration of the areas: district, subdistricts, communities."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AreasConfig(AppConfig):
    name = "redprop.areas"
    label = "areas"
    verbose_name = _("Areas")
