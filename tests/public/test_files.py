"""Public files are whole at every moment, also on a full disk, and a second run writes nothing."""

import errno
from pathlib import Path

import pytest

from redprop.public import files


def tree_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_files_are_written_and_a_second_run_leaves_them_alone(tmp_path):
    tree = tmp_path / "990101"
    made = [("index.html", b"home"), ("lists/2026Q3/index.html", b"list")]
    assert files.replace_tree(tree, made) == (2, 2)
    before = (tree / "index.html").stat().st_mtime_ns
    assert files.replace_tree(tree, made) == (2, 0)
    assert (tree / "index.html").stat().st_mtime_ns == before
    assert tree_of(tree) == {"index.html": b"home", "lists/2026Q3/index.html": b"list"}


def test_what_is_no_longer_published_goes_with_its_folder(tmp_path):
    tree = tmp_path / "990101"
    files.replace_tree(tree, [("index.html", b"1"), ("compounds/A/index.html", b"2")])
    files.replace_tree(tree, [("index.html", b"1")])
    assert tree_of(tree) == {"index.html": b"1"}
    assert not (tree / "compounds").exists()


def test_a_file_without_new_bytes_is_kept(tmp_path):
    tree = tmp_path / "990101"
    files.replace_tree(tree, [("lists/bundle.zip", b"zip")])
    assert files.replace_tree(tree, [("lists/bundle.zip", None), ("index.html", b"1")]) == (2, 1)
    assert tree_of(tree) == {"index.html": b"1", "lists/bundle.zip": b"zip"}


@pytest.mark.parametrize("failing", ["index.html", "lists/b.html"])
def test_a_full_disk_leaves_the_old_files_whole(tmp_path, monkeypatch, failing):
    tree = tmp_path / "990101"
    old = {"index.html": b"old", "lists/a.html": b"old", "lists/b.html": b"old"}
    files.replace_tree(tree, old.items())
    real = files.stage

    def stage(path: Path, data: bytes) -> None:
        if path.as_posix().endswith(failing):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, data)

    monkeypatch.setattr(files, "stage", stage)
    with pytest.raises(OSError, match="No space left"):
        files.replace_tree(tree, [(name, b"new") for name in old])
    assert tree_of(tree) == old
    assert [p.name for p in tmp_path.iterdir()] == ["990101"]


def test_rendering_that_fails_half_way_leaves_the_old_files_whole(tmp_path):
    tree = tmp_path / "990101"
    files.replace_tree(tree, [("index.html", b"old")])

    def broken():
        yield "index.html", b"new"
        raise ValueError("a template failed")

    with pytest.raises(ValueError, match="template"):
        files.replace_tree(tree, broken())
    assert tree_of(tree) == {"index.html": b"old"}
