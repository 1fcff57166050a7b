"""The one stylesheet of the public pages, `site.css`: public.css and redprop.css joined and without comments.

An old phone waits for every file that stands before the first word, so the two that people edit reach it as one.
A finder of the static files: the development server, the tests and `collectstatic` all get it from here.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

NAME = "site.css"
PARTS = ("public.css", "redprop.css")
BETWEEN = re.compile(r"\s*([{};,>])\s*")


def joined() -> str:
    """Return the text of the stylesheet."""
    text = "\n".join((Path(settings.BASE_DIR) / "static" / part).read_text() for part in PARTS)
    without = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return BETWEEN.sub(r"\1", re.sub(r"\s+", " ", without)).replace(";}", "}").strip() + "\n"


class JoinedStyles(BaseFinder):
    """Finds `site.css`, which is written below `.local/` whenever its parts have changed."""

    @property
    def storage(self) -> FileSystemStorage:
        """Where it lies."""
        folder = Path(settings.BASE_DIR) / ".local" / "styles"
        file, text = folder / NAME, joined()
        if not file.exists() or file.read_text() != text:
            folder.mkdir(parents=True, exist_ok=True)
            new = folder / f".{NAME}.new"
            new.write_text(text)
            new.replace(file)
        return FileSystemStorage(location=folder)

    def find(self, path: str, find_all: bool = False, **more: Any) -> Any:
        """Return where the stylesheet lies; an empty list for every other name."""
        if path != NAME:
            return []
        found = self.storage.path(NAME)
        return [found] if find_all or more.get("all") else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield the stylesheet and its folder, for `collectstatic`."""
        yield NAME, self.storage
