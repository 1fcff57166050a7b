"""Signing in, and which permissions a user has today."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission

from redprop.accounts.models import User


class PostingBackend(ModelBackend):
    """Permissions are those of the groups named by the user's postings in force, and no others."""

    def _get_user_permissions(self, user_obj: User):  # type: ignore[no-untyped-def]
        return Permission.objects.none()

    def _get_group_permissions(self, user_obj: User):  # type: ignore[no-untyped-def]
        return Permission.objects.filter(group__name__in=user_obj.roles)
