"""Signing in, and which permissions a user has today."""

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission

from redprop.accounts.models import User


class PostingBackend(ModelBackend):
    """Permissions are those of the groups named by the user's postings in force, and no others."""

    def _get_user_permissions(self, user_obj: User):  # type: ignore[no-untyped-def]
        return Permission.objects.none()

    def _get_permissions(self, user_obj, obj, from_name):  # type: ignore[no-untyped-def]
        if user_obj.is_superuser and not settings.DEMO:  # the mark would pass every separation of duties
            found = self._get_group_permissions(user_obj) if obj is None and user_obj.is_active else ()
            return {f"{one.content_type.app_label}.{one.codename}" for one in found}
        return super()._get_permissions(user_obj, obj, from_name)

    def _get_group_permissions(self, user_obj: User):  # type: ignore[no-untyped-def]
        return Permission.objects.filter(group__name__in=user_obj.roles)
