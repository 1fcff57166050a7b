"""Writing a tree of files so that a reader always finds whole ones, also on a full disk.

All new files are first written beside the tree and flushed; only when every one of them is
safe are they renamed into place, one atomic rename each. A failure before that leaves the
tree exactly as it was.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

STAGING = ".staging"


@contextlib.contextmanager
def only_writer(root: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a tree; the kernel takes it back however the process ends.

    Raises BlockingIOError when another process holds it and `wait` is off.
    """
    root.mkdir(parents=True, exist_ok=True)
    with open(root / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def replace_tree(tree: Path, files: Iterable[tuple[str, bytes | None]]) -> tuple[int, int]:
    """Make `tree` hold exactly `files`; returns how many there are and how many had to be written.

    None instead of bytes keeps the file that is there. Files whose bytes are the same are left alone, with their times. Raises OSError with the tree
    unchanged when the disk fails while staging. Call with `only_writer` held.
    """
    staging = tree.parent / f"{STAGING}-{tree.name}"
    shutil.rmtree(staging, ignore_errors=True)
    written: list[str] = []
    kept: set[str] = set()
    try:
        for name, data in files:
            kept.add(name)
            if data is not None and not same_bytes(tree / name, data):
                stage(staging / name, data)
                written.append(name)
        if written:
            os.sync()
        for name in written:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
        for name in written:
            os.replace(staging / name, tree / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    remove_others(tree, kept)
    return len(kept), len(written)


def same_bytes(path: Path, data: bytes) -> bool:
    """Whether the file holds exactly these bytes."""
    try:
        return path.stat().st_size == len(data) and path.read_bytes() == data
    except (FileNotFoundError, NotADirectoryError):
        return False


def stage(path: Path, data: bytes) -> None:
    """Write a new file beside the tree."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def remove_others(tree: Path, kept: set[str]) -> None:
    """Remove what is no longer published, and the folders that it leaves empty."""
    for folder, _names, files in os.walk(tree, topdown=False):
        place = Path(folder)
        for name in files:
            if (place / name).relative_to(tree).as_posix() not in kept:
                (place / name).unlink()
        if place != tree:
            with contextlib.suppress(OSError):
                place.rmdir()
