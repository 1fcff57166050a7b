"""The small district with an enterprise, as the registers' tests have it."""

from tests.registers.conftest import world  # noqa: F401
