"""The town at the desk, and a browser that goes there."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from tests.town import PASSWORD, build_town


@pytest.fixture
def town(db: None, settings) -> SimpleNamespace:
    settings.DEMO = True
    return build_town()


@pytest.fixture
def open_desk(chromium, live_server, settings) -> Iterator[Callable]:
    """Sign a user in at the desk and return the page, on a phone unless told otherwise."""
    settings.DEMO = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    contexts = []

    def sign_in(username: str, width: int = 390, **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 844}, locale="zh-CN", base_url=live_server.url, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.troubles = []
        page.on("console", lambda message: message.type == "error" and page.troubles.append(message.text))
        page.on("pageerror", lambda error: page.troubles.append(str(error)))
        page.goto("/accounts/sign-in/?next=/desk/")
        page.fill("[name=username]", username)
        page.fill("[name=password]", PASSWORD)
        page.click("main form button")
        page.wait_for_url("**/desk/")
        return page

    yield sign_in
    for context in contexts:
        context.close()
