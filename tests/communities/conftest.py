"""The town of the meetings."""

from types import SimpleNamespace

import pytest

from tests.town import build_town


@pytest.fixture
def town(db: None, settings) -> SimpleNamespace:
    settings.DEMO = True
    return build_town()
