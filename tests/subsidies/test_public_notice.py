"""The public notice of subsidies: persons masked, shown while it lasts, the files of the lists untouched."""

import pytest

from evaluations.services import batches
from redprop.public import publishing
from tests.subsidies.conftest import set_clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(scored, settings, tmp_path):
    settings.PUBLISHED_ROOT = tmp_path / "published"
    tree = publishing.tree_of(scored.district.code)
    tree.mkdir(parents=True)
    (tree / "index.html").write_text("list")
    scored.secretary("S1", "王小明", scored.project)
    return tree


def publish(scored, tree):
    assert publishing.publish_subsidies(scored.district)
    return {
        path.relative_to(tree).as_posix(): path.read_text("utf-8")
        for path in tree.rglob("subsidies/**/*.html")
    }


def test_a_batch_is_public_from_its_notice_on_with_names_of_persons_masked(scored, tree):
    party = scored.prepare("party")
    assert "party-2026Q3-1" not in "".join(publish(scored, tree).values())
    scored.noticed(party)
    pages = publish(scored, tree)
    page = pages["subsidies/party-2026Q3-1/index.html"]
    assert "王*明" in page
    assert "800.00" in page
    assert "王小明" not in "".join(pages.values())
    assert (tree / "index.html").read_text() == "list"


def test_after_the_notice_persons_go_and_compounds_stay(scored, tree):
    scored.approved(scored.prepare("party"))
    set_clock(scored.district, 2026, 10, 20, 9)
    scored.approved(scored.prepare("services"))
    pages = publish(scored, tree)
    assert "王*明" not in "".join(pages.values())
    services = pages["subsidies/services-2026Q3-1/index.html"]
    assert "甲苑" in services
    assert "4,038.60" in services


def test_a_returned_batch_disappears_from_the_public_pages(scored, tree):
    batch = scored.noticed(scored.prepare("services"))
    assert "subsidies/services-2026Q3-1/index.html" in publish(scored, tree)
    batches.return_batch(batch=batch, reason="mistake", acting_user=scored.cast.approver)
    assert set(publish(scored, tree)) == {"subsidies/index.html", "en/subsidies/index.html"}


def test_nothing_is_written_before_the_first_list(scored, settings, tmp_path):
    settings.PUBLISHED_ROOT = tmp_path / "published"
    scored.noticed(scored.prepare("services"))
    assert publish(scored, publishing.tree_of(scored.district.code)) == {}
