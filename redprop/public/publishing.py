"""Publishes: renders the public pages of a district into files below PUBLISHED_ROOT.

The files are a projection of frozen rows: running it twice writes nothing new, and a failed
run leaves the old files whole and the release marked as not yet in files, for the sweeper.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.public import adapters, content, files, pages, selectors

log = logging.getLogger(__name__)

MOUNTED = ("", "lists")


def tree_of(code: str) -> Path:
    """Return the folder of a district's public files."""
    return Path(settings.PUBLISHED_ROOT) / code


def publish_district(district: District, *, for_release: int | None = None) -> tuple[int, int]:
    """Render all public pages of a district; returns how many files there are and how many were written.

    With `for_release` nothing is done when another run has put that release into files meanwhile:
    of many releases published in a row few are rendered one by one. Raises OSError when the disk
    refuses; the old files are then all still there.
    """
    tree = tree_of(district.code)
    with files.only_writer(tree.parent):
        if for_release is not None and not adapters.not_in_files([for_release]):
            return 0, 0
        site = selectors.site_of(district)
        counts = files.replace_tree(tree, everything(site, tree))
        adapters.mark_in_files(release.pk for release in site.releases)
    return counts


def everything(site: content.Site, tree: Path) -> Iterator[tuple[str, bytes | None]]:
    """Yield the bundles, made only for releases that are not in files yet, then the pages."""
    new = adapters.not_in_files(release.pk for release in site.releases)
    for release in site.releases:
        name = f"{release.path.strip('/')}/bundle.zip"
        if release.pk in new or not (tree / name).exists():
            yield name, adapters.bundle_of(release.pk)
        else:
            yield name, None
    yield from pages.render(site)


def publish_release(release_id: int) -> bool:
    """Put a release into files; returns False, with a sentence in the log, when the disk refuses.

    Everything of its district is rendered from what is committed now, so the order in which
    releases reach this function does not matter, and a second run changes nothing.
    """
    return publish_or_log(adapters.district_of(release_id), for_release=release_id)


def publish_or_log(district: District, *, for_release: int | None = None) -> bool:
    """Publish a district; False with a sentence in the log when its files could not be written.

    A release whose rows no longer give its digest is refused: the pages stay as they were.
    """
    try:
        count, written = publish_district(district, for_release=for_release)
    except Refused as refusal:
        log.error("The public pages of %s were not written: %s", district.code, refusal)
        return False
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


def refresh() -> int:
    """Render every district that has published anew, so that "who serves it" follows the registers."""
    return sum(publish_or_log(district) for district in adapters.districts_published())


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
