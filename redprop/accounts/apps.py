"""App configuration of the accounts."""

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "redprop.accounts"
    label = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        """Register the system checks, and what `migrate` does last."""
        import redprop.checks  # noqa: F401  (models are loaded only now)

        pre_migrate.connect(let_audit_sleep, sender=self, dispatch_uid="accounts.let_audit_sleep")
        post_migrate.connect(write_roles, dispatch_uid="accounts.write_roles")


def write_roles(app_config: AppConfig, using: str, **kwargs: Any) -> None:
    """Write the audit triggers and the roles' permissions after the last app, so that a new model needs no migration of its own for them."""
    from redprop.accounts import audit_triggers
    from redprop.accounts.permissions import set_role_permissions

    if app_config is list(apps.get_app_configs())[-1]:
        audit_triggers.install()
        set_role_permissions()


def let_audit_sleep(plan: Any, **kwargs: Any) -> None:
    """Before tables change: the triggers that name their columns come back after the last app."""
    from redprop.accounts import audit_triggers

    if plan:
        audit_triggers.sleep_for_migrations()
