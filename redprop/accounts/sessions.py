"""Sessions in the database that know whose they are, so that a user sees them and can end them."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from redprop.accounts.models import SignInSession

DEVICE = "device"
ADDRESS = "address"
"""Kept in a session's data at sign-in: the kind of device in words, and the network address."""


class SessionStore(DatabaseStore):
    """Django's store in the database, over our own table."""

    @classmethod
    def get_model_class(cls) -> type[SignInSession]:
        """The table of the sessions."""
        return SignInSession

    def create_model_instance(self, data: dict[str, Any]) -> SignInSession:
        """A row with the user, device and address that the data name."""
        row = super().create_model_instance(data)
        row.user_id = data.get("_auth_user_id")
        row.device, row.address = data.get(DEVICE, ""), data.get(ADDRESS, "")
        return row
