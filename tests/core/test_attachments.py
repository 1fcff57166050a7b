"""Files that people add: known by content, written anew without metadata, refused with a sentence."""

import io

import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from redprop.common.errors import Refused
from redprop.core.services.attachments import MAX_BYTES, PDF, PICTURE, store_attachment


@pytest.fixture
def keep(cast, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    def store(name: str, content: bytes, *kinds: str):
        return store_attachment(
            district=cast.district,
            upload=SimpleUploadedFile(name, content),
            kinds=kinds or (PICTURE, PDF),
            acting_user=cast.registrar,
        )

    return store


def photo(form: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "navy").save(out, form, **options)
    return out.getvalue()


def pdf(pages: int = 1) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(595, 842)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_a_photo_loses_place_and_device(keep) -> None:
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker"  # Make
    exif.get_ifd(0x8825)[1] = "N"  # GPS latitude reference
    taken = photo(exif=exif)
    assert b"PhoneMaker" in taken
    row = keep("厨房.jpg", taken)
    kept = row.file.read()
    assert (row.name, row.content_type) == ("厨房.jpg", "image/jpeg")
    assert b"PhoneMaker" not in kept
    assert dict(Image.open(io.BytesIO(kept)).getexif()) == {}


def test_a_sideways_photo_is_turned(keep) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    assert Image.open(keep("a.jpg", photo(exif=exif)).file).size == (40, 60)


def test_a_pdf_is_drawn_anew_and_keeps_its_pages_and_size(keep) -> None:
    row = keep("签字页.pdf", pdf(2))
    made = pypdfium2.PdfDocument(row.file.read())
    assert row.content_type == "application/pdf"
    assert len(made) == 2
    assert made[0].get_size() == pytest.approx((595, 842), abs=2)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.jpg", b"", "empty-file"),
        ("a.jpg", b"MZ\x90\x00 a program under the name of a picture", "wrong-type"),
        ("a.jpg", b"<html><script>alert(1)</script></html>", "wrong-type"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "wrong-type"),
        ("a.jpg", photo()[:200], "damaged"),
        ("a.pdf", b"%PDF-1.7\nnothing more", "damaged"),
        ("a.pdf", pdf(31), "too-many-pages"),
        ("a.jpg", b"\xff\xd8" + bytes(MAX_BYTES), "too-large"),
    ],
)
def test_what_is_no_sound_picture_or_pdf_is_refused(keep, name, content, code) -> None:
    with pytest.raises(Refused, check=lambda error: error.code == code):
        keep(name, content)


def test_a_pdf_is_no_photo(keep) -> None:
    with pytest.raises(Refused, check=lambda error: error.code == "wrong-type"):
        keep("a.pdf", pdf(), PICTURE)


def test_two_hundred_megabytes_are_refused_before_they_are_read(cast) -> None:
    class Unread(io.BytesIO):
        def read(self, *size: int) -> bytes:
            raise AssertionError("the body was read")

    client = Client()
    client.force_login(cast.community_secretary)
    answer = client.generic("POST", "/desk/meetings/1/scans/", b"", CONTENT_LENGTH=str(200 * 1024 * 1024))
    assert answer.status_code == 413
    assert "200 MB" in answer.content.decode()
    for where in ("/desk/meetings/1/scans/", "/accounts/sign-in/", "/i18n/setlang/", "/find/"):
        for visitor in (client, Client()):
            answer = visitor.request(
                REQUEST_METHOD="POST",
                PATH_INFO=where,
                CONTENT_LENGTH=str(200 * 1024 * 1024),
                CONTENT_TYPE="multipart/form-data; boundary=x",
                **{"wsgi.input": Unread()},
            )
            assert answer.status_code == 413, where
