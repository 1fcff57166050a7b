"""Publishes: renders the public pages of a district into files below PUBLISHED_ROOT.

The files are a projection of frozen rows: running it twice writes nothing new, and a failed
run leaves the old files whole and the release marked as not yet in files, for the sweeper.
"""

import logging
from pathlib import Path

from django.conf import settings

from redprop.areas.models import District
from redprop.public import adapters, files, pages, selectors

log = logging.getLogger(__name__)

MOUNTED = ("", "lists")


def tree_of(code: str) -> Path:
    """Return the folder of a district's public files."""
    return Path(settings.PUBLISHED_ROOT) / code


def publish_district(district: District) -> tuple[int, int]:
    """Render all public pages of a district; returns how many files there are and how many were written.

    Raises OSError when the disk refuses; the old files are then all still there.
    """
    tree = tree_of(district.code)
    with files.only_writer(tree.parent):
        site = selectors.site_of(district)
        counts = files.replace_tree(tree, pages.render(site))
        adapters.mark_in_files(district, [release.pk for release in site.releases])
    return counts


def publish_release(release_id: int) -> bool:
    """Put a release into files; returns False, with a sentence in the log, when the disk refuses.

    Everything of its district is rendered from what is committed now, so the order in which
    releases reach this function does not matter, and a second run changes nothing.
    """
    district = adapters.district_of(release_id)
    return publish_or_log(district)


def publish_or_log(district: District) -> bool:
    """Publish a district; False with a sentence in the log when its files could not be written."""
    try:
        count, written = publish_district(district)
    except OSError as error:
        log.error(
            "The public pages of %s could not be written below %s: %s. The pages published before are unchanged; "
            "make room or mend the folder, they are tried again every minute.",
            district.code,
            settings.PUBLISHED_ROOT,
            error,
        )
        return False
    log.info("Published %s: %s files, %s of them written.", district.code, count, written)
    return True


def sweep_publishing() -> int:
    """Publish every district that has a release without files; returns how many were published."""
    return sum(publish_or_log(district) for district in adapters.districts_without_files())


def static_mounts(code: str) -> list[tuple[str, Path]]:
    """Return (route, folder) for granian's static mount, making the folders: the home page and the lists.

    The rest goes through the view, which knows how to say that a page does not exist.
    """
    mounts = []
    for name in MOUNTED:
        folder = tree_of(code) / name
        folder.mkdir(parents=True, exist_ok=True)
        mounts.append((f"/{name}", folder))
    return mounts
