"""App configuration of the evaluations."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationsConfig(AppConfig):
    name = "evaluations"
    verbose_name = _("Evaluations, lists and subsidies")

    def ready(self) -> None:
        """Tell the calendar what hangs on it, and the pages of talent what pay is measured by."""
        import evaluations.services.calendar_effects
        import evaluations.talent_pay  # noqa: F401  (both need the models)
