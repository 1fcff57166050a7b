"""Takes the pictures of the documentation from a running demo: `python docs/screenshots.py [ADDRESS [NAME …]]`.

Run `make demo` in another terminal first. Writes docs/images/*.jpg; look at them before committing.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).parent / "images"
PASSWORD = "hongse-2026"
PHONE, DESKTOP = (390, 844), (1366, 900)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]

PICTURES = [
    ("public-home", None, "/", DESKTOP),
    ("public-home-phone", None, "/", PHONE),
    ("public-compound-phone", None, "/compounds/XQ0045/", PHONE),
    ("desk-secretary", "secretary-taining", "/desk/", PHONE),
    ("desk-meetings", "secretary-baocheng", "/desk/meetings/", PHONE),
    ("desk-clerk", "clerk-dazhi", "/desk/", DESKTOP),
    ("desk-enterprise", "contact-1", "/desk/scores/", PHONE),
    ("admin-home", "registrar", "/admin/", DESKTOP),
    ("admin-compounds", "registrar", "/admin/communities/compound/", DESKTOP),
    ("admin-batch", "maker", "/admin/evaluations/subsidybatch/1/change/", DESKTOP),
    ("admin-evaluator", "evaluator", "/admin/evaluations/evaluationperiod/", DESKTOP),
    ("admin-publisher", "publisher", "/admin/evaluations/release/", DESKTOP),
    ("admin-decider", "decider", "/admin/evaluations/objection/", DESKTOP),
    ("admin-organisation", "organisation", "/admin/enterprises/partyorganisation/", DESKTOP),
    ("admin-approver", "approver", "/admin/evaluations/subsidybatch/", DESKTOP),
    ("desk-inspector", "inspector", "/desk/", PHONE),
    ("admin-sysadmin", "sysadmin", "/admin/", DESKTOP),
    ("admin-secadmin", "secadmin", "/admin/accounts/posting/", DESKTOP),
    ("admin-auditadmin", "auditadmin", "/admin/", DESKTOP),
]


def take(browser: Browser, base: str, name: str, user: str | None, path: str, size: tuple[int, int]) -> None:
    """Save the first screen of `path` as the user sees it."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="zh-CN")
    page = context.new_page()
    if user:
        page.goto(f"{base}/accounts/sign-in/")
        page.fill("input[name=username]", user)
        page.fill("input[name=password]", PASSWORD)
        with page.expect_navigation():
            page.press("input[name=password]", "Enter")
    page.goto(base + path)
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / f"{name}.jpg", type="jpeg", quality=80)
    context.close()


def main(base: str = "http://127.0.0.1:8000", *only: str) -> None:
    """Take all pictures, or those of the names given."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for name, user, path, size in PICTURES:
            if only and name not in only:
                continue
            take(browser, base, name, user, path, size)


if __name__ == "__main__":
    main(*sys.argv[1:])
