"""Publishes: renders the public pages of a district into files below PUBLISHED_ROOT.

The files are a projection of frozen rows: running it twice writes nothing new, and a failed
run leaves the old files whole and the release marked as not yet in files, for the sweeper.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from django.conf import settings
from django.utils.translation import override

from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.public import (
    adapters,
    changes,
    content,
    directory,
    downloads,
    files,
    languages,
    maps,
    opendata,
    pages,
    robots,
    search,
    selectors,
    subsidies,
)

log = logging.getLogger(__name__)

MOUNTED = ("", "lists")
ROUNDS = 5


def tree_of(code: str) -> Path:
    """Return the folder of a district's public files."""
    return Path(settings.PUBLISHED_ROOT) / code


def publish_district(district: District) -> tuple[int, int]:
    """Render all public pages of a district; returns how many files there are and how many were written.

    Waits for another process that is publishing. Raises OSError when the disk refuses; the old
    files are then all still there.
    """
    with files.only_writer(Path(settings.PUBLISHED_ROOT)):
        return write_pages(district)


def write_pages(district: District) -> tuple[int, int]:
    """As `publish_district`, for a caller that holds the lock."""
    tree = tree_of(district.code)
    with override(languages.CHINESE):
        site = selectors.site_of(district)
    counts = files.replace_tree(tree, everything(district, site, tree))
    adapters.mark_in_files(release.pk for release in site.releases)
    log.info("Published %s: %s files, %s of them written.", district.code, *counts)
    return counts


def everything(district: District, site: content.Site, tree: Path) -> Iterator[tuple[str, bytes | None]]:
    """Yield the bundles, made only for releases that are not in files yet, then all else in both languages."""
    measures, may_be_found = opendata.Measures(), []
    new = adapters.not_in_files(release.pk for release in site.releases)
    for release in site.releases:
        name = f"{release.path.strip('/')}/bundle.zip"
        if release.pk in new or not (tree / name).exists():
            yield name, measures.take(name, adapters.bundle_of(release.pk))
        else:
            measures.take(name, (tree / name).read_bytes())
            yield name, None
    for name, data in languages.in_both(partial(pages_of, district, site, measures)):
        if name.endswith("index.html") and robots.may_be_found(data):
            may_be_found.append("/" + name.removesuffix("index.html"))
        yield name, data
    yield "robots.txt", robots.robots()
    yield "sitemap.xml", robots.sitemap(site, may_be_found)


def pages_of(
    district: District, chinese: content.Site, measures: opendata.Measures
) -> Iterator[tuple[str, bytes]]:
    """Yield every page of a district in the language spoken; the site is read once more for the other language."""
    site = selectors.site_of(district) if languages.is_english() else chinese
    yield from rendered(site, measures)
    yield from subsidies.render(site.code, site.name, is_demo=site.is_demo)


def rendered(site: content.Site, measures: opendata.Measures) -> Iterator[tuple[str, bytes]]:
    """Yield pages and data files made from the values of a site, in the language spoken; no database is asked.

    Data files exist in Chinese only.
    """
    with_data = not languages.is_english()
    yield from pages.Pages(site)
    yield from maps.render(site)
    yield from directory.render(site)
    yield from opendata.render(site, measures, with_data=with_data)
    if with_data:
        for release in site.releases:
            yield f"{release.path.strip('/')}/list.xlsx", downloads.list_xlsx(release)
        yield search.FILE, search.index(site)


def publish_release(release_id: int) -> bool:
    """Put a release into files; returns False, with a sentence in the log, when the disk refuses.

    Everything of its district is rendered from what is committed now, so the order in which
    releases reach this function does not matter, and a second run changes nothing.
    """
    return publish_waiting(adapters.district_of(release_id))


def publish_waiting(district: District) -> bool:
    """Publish until no release of the district waits for its files; False when they could not be written.

    While another process publishes nothing is done here: it looks again before it ends, and what
    it misses the sweeper finds. So no worker stands in line for the lock.
    """

    def work() -> None:
        with files.only_writer(Path(settings.PUBLISHED_ROOT), wait=False):
            for _round in range(ROUNDS):
                if not adapters.is_waiting(district):
                    return
                write_pages(district)

    return or_log(district, work)


def or_log(district: District, work: Callable[[], object]) -> bool:
    """Do the work; False with a sentence in the log when the pages of the district could not be written.

    A release whose rows no longer give its digest is refused: the pages stay as they were.
    """
    try:
        work()
    except BlockingIOError:
        return True
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
    return True


def sweep_publishing() -> int:
    """Publish every district that has a release without files; returns how many there were."""
    return sum(publish_waiting(district) for district in adapters.districts_without_files())


def publish_subsidies(district: District) -> bool:
    """Render the subsidy pages of a district alone; False, with a sentence in the log, when it failed.

    Nothing happens before the first list is published: the pages come with it.
    """
    tree = tree_of(district.code)

    def work() -> None:
        with files.only_writer(Path(settings.PUBLISHED_ROOT)):
            if not (tree / "index.html").exists():
                return
            render = partial(subsidies.render, district.code, district.name, is_demo=district.is_demo)
            rendered = list(languages.in_both(render))
            for folder in (subsidies.FOLDER, f"{languages.FOLDER}/{subsidies.FOLDER}"):
                inside = [
                    (name.removeprefix(f"{folder}/"), data)
                    for name, data in rendered
                    if name.startswith(f"{folder}/")
                ]
                files.replace_tree(tree / folder, inside)

    return or_log(district, work)


def publish_moved_flags(district: District) -> bool:
    """Render a district that has published anew because its flags moved; False when it failed or has no pages."""
    if not (tree_of(district.code) / "index.html").exists():
        return False
    return or_log(district, partial(publish_district, district))


def refresh() -> int:
    """Render every district that has published anew, so that "who serves it" follows the registers."""
    return sum(or_log(d, partial(publish_district, d)) for d in adapters.districts_published())


def publish_changes() -> int:
    """Render the districts whose registers, promises, money or credit changed since their pages were last rendered for it; returns how many.

    What the pages know of stands in a file beside them: losing it costs one rendering. Only files
    whose bytes change are written.
    """
    done = 0
    for district in adapters.districts_published():
        known = Path(settings.PUBLISHED_ROOT) / f".known-{district.code}"
        now = changes.digest_of(district)
        if (known.read_text() if known.exists() else "") == now:
            continue
        if or_log(district, partial(publish_district, district)):
            known.write_text(now)
            done += 1
    return done


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
