"""The town at the desk, and a browser that goes there."""

import os
import shutil
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from tests.town import PASSWORD, build_town

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture
def town(db: None, settings) -> SimpleNamespace:
    settings.DEMO = True
    return build_town()


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """The system's Chromium, driven by playwright."""
    if not CHROMIUM:
        pytest.skip("No chromium is installed.")
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread, the tests' queries too; nothing here is asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


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
