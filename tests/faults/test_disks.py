"""Disks that are really full: of the published pages, and of PostgreSQL."""

import contextlib
import os
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from communities.models import Compound
from redprop.common.servers import where
from redprop.core.models import ImportBatch
from redprop.public import files, pages
from tests.public import sample

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small file system"),
]


@contextlib.contextmanager
def small_disk(folder: Path, size: str):
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False)
    if done.returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def bytes_of(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def test_a_full_disk_while_publishing_leaves_the_old_pages_whole_and_the_next_try_succeeds(tmp_path):
    with small_disk(tmp_path / "published", "8m") as disk:
        tree = disk / "990101"
        files.replace_tree(tree, pages.render(sample.site(20)))
        before = bytes_of(tree)
        ballast = disk / "ballast"
        room = os.statvfs(disk)
        ballast.write_bytes(b"x" * max(0, room.f_bavail * room.f_frsize - 8_000))
        with pytest.raises(OSError, match="No space left"):
            files.replace_tree(tree, pages.render(sample.site(60)))
        assert bytes_of(tree) == before, "every old page is there, byte for byte"
        assert not list(disk.glob(".staging*"))
        ballast.unlink()
        files.replace_tree(tree, pages.render(sample.site(60)))
        assert len(bytes_of(tree)) > len(before)


def test_a_full_disk_of_the_database_while_importing_is_told_and_changes_nothing(cast, land, tmp_path):
    user = where.server_user()
    with small_disk(land.folder / "tight", "2m") as disk:
        os.chown(disk, user.uid, user.gid)
        with land.session() as server:
            server.execute(f"CREATE TABLESPACE tight LOCATION '{disk}'")
            server.execute("ALTER TABLE communities_compound SET TABLESPACE tight")
        path = tmp_path / "小区.csv"
        path.write_text("小区名称,户数\n" + "".join(f"小区{n},{n}\n" for n in range(30_000)))
        told = StringIO()
        try:
            with pytest.raises(SystemExit) as end:
                call_command("import_register", "compounds", str(path), "--district", "990101", stderr=told)
            assert end.value.code == 1
            assert "磁盘" in told.getvalue()
            assert not Compound.objects.exists()
            assert not ImportBatch.objects.filter(state=ImportBatch.State.DONE).exists()
        finally:
            connection.close()
            with land.session() as server:
                server.execute("ALTER TABLE communities_compound SET TABLESPACE pg_default")
                server.execute("DROP TABLESPACE tight")
