"""Minutes and orders open in LibreOffice, on A4 pages that carry their words."""

import datetime as dt
import shutil
import subprocess

import pypdfium2
import pytest

from communities.order_paper import order_paper
from communities.paper import paper_of
from communities.services import supervision
from redprop.common.documents import as_docx
from tests.town import a_promise, filed


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_opens_minutes_and_orders(town, tmp_path) -> None:
    meeting = filed(town, a_promise(town.qingchuan))
    town.district.clock = dt.datetime(2026, 11, 2, 2, tzinfo=dt.UTC)
    town.district.save()
    (order,) = supervision.issue_orders(district=town.district)
    for name, paper, words, most_pages in (
        ("minutes", paper_of(meeting), ["联席会议纪要", "3栋电梯常停", "出席"], 3),
        # A letter of one page: its signature stands below the text, not alone on a second page.
        ("order", order_paper(order), ["黄色督办单", "甲街道", "3栋电梯常停", "抄送"], 1),
    ):
        path = tmp_path / f"{name}.docx"
        path.write_bytes(as_docx(paper))
        office = f"-env:UserInstallation=file://{tmp_path}/office"
        command = ["soffice", office, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
        subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=120)
        made = tmp_path / f"{name}.pdf"
        if not made.exists():
            pytest.skip("LibreOffice Writer is not installed")
        document = pypdfium2.PdfDocument(made)
        assert [round(side) for side in document[0].get_size()] == [595, 842]
        assert len(document) <= most_pages
        text = "".join(page.get_textpage().get_text_range() for page in document)
        assert all(word in text.replace(" ", "").replace("\r\n", "") for word in words), text
