"""What the browser tests ask of a page. A tap comes back before the next page is drawn: each question waits for it."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings

AXE = Path(django_settings.BASE_DIR) / ".local" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}).then(r => r.violations)"


def drawn(page):
    """Wait until the page that a tap has led to stands there whole, and return it."""
    page.wait_for_load_state("load")
    return page


def fits(page) -> bool:
    """Whether nothing on the page is wider than the window."""
    return drawn(page).evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def faults(page) -> list[tuple]:
    """What axe finds on the page: the rule and where it is broken. Needs a context with `bypass_csp`."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: `npm install --prefix .local/npm axe-core`.")
    drawn(page).add_script_tag(path=AXE)
    return [(f["id"], [n["html"][:160] for n in f["nodes"][:5]]) for f in page.evaluate(WCAG)]
