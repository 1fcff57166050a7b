"""Takes files from people: known by content, never by name; written anew, so nothing hidden comes along.

Pictures are decoded and encoded again without metadata (place, device, owner). PDF pages are drawn
and stored as pictures of a new PDF: scripts, forms and embedded files stay behind.
"""

import hashlib
import io
import re
from collections.abc import Iterable
from pathlib import PurePath

import pypdfium2
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from redprop.accounts.clock import business_now
from redprop.accounts.models import User
from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.core.models import Attachment

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 80_000_000
MAX_PAGES = 30
LONGEST_SIDE = 2400
"""Pixels of the longer side that are kept: an A4 page at 200 dots per inch."""

PICTURE, PDF = "picture", "pdf"


def store_attachment(
    *,
    district: District,
    upload: UploadedFile,
    acting_user: User | None,
    kinds: Iterable[str] = (PICTURE,),
) -> Attachment:
    """Check, clean and store an uploaded file; raises Refused with a sentence. `kinds`: PICTURE, PDF or both.

    The caller opens the transaction and the audit context, and ties the row to what it belongs to.
    """
    name = _plain_name(upload.name)
    size = upload.size or 0
    if size > MAX_BYTES:
        raise too_large(size, name)
    if not size:
        raise Refused(_("The file “%(name)s” is empty. Choose it again.") % {"name": name}, code="empty-file")
    content = upload.read()
    allowed = set(kinds)
    if content[:1024].lstrip().startswith(b"%PDF-") and PDF in allowed:
        cleaned, content_type, ending = _clean_pdf(content, name), "application/pdf", ".pdf"
    else:
        cleaned, content_type, ending = _clean_picture(content, name, allowed), "image/jpeg", ".jpg"
    digest = hashlib.sha256(cleaned).hexdigest()
    row = Attachment(
        district=district,
        name=f"{PurePath(name).stem[:200]}{ending}",
        content_type=content_type,
        size=len(cleaned),
        digest=digest,
        recorded_at=business_now(district),
        recorded_by=str(acting_user or ""),
    )
    row.file.save(f"{digest[:32]}{ending}", ContentFile(cleaned), save=False)
    row.save()
    return row


def too_large(size: int, name: str = "") -> Refused:
    """The refusal of a file or a request beyond the limit."""
    return Refused(
        _(
            "The file %(name)s has %(size)s MB; at most %(limit)s MB are taken. Take the photo or scan in a smaller size and send it again."
        )
        % {
            "name": f"“{name}”" if name else "",
            "size": -(-size // 1048576),
            "limit": MAX_BYTES // 1048576,
        },
        code="too-large",
    )


def _plain_name(name: str | None) -> str:
    return re.sub(r"[\x00-\x1f\x7f<>:\"|?*\\/]+", "_", PurePath(name or "").name).strip(" .") or "file"


def _unreadable(name: str, allowed: set[str]) -> Refused:
    if PDF in allowed:
        text = _(
            "“%(name)s” is neither a picture (JPEG, PNG, WebP) nor a PDF. Photograph or scan the page and send that file."
        )
    else:
        text = _(
            "“%(name)s” is not a picture (JPEG, PNG, WebP). Take a photo and send that file; photos in HEIC form are saved as JPEG first."
        )
    return Refused(text % {"name": name}, code="wrong-type")


def _clean_picture(content: bytes, name: str, allowed: set[str]) -> bytes:
    try:
        picture = Image.open(io.BytesIO(content), formats=["JPEG", "PNG", "WEBP"])
        if picture.width * picture.height > MAX_PIXELS:
            raise Refused(
                _(
                    "The picture “%(name)s” has %(width)s × %(height)s pixels, more than can be taken. Send it in a smaller size."
                )
                % {"name": name, "width": picture.width, "height": picture.height},
                code="too-many-pixels",
            )
        turned = ImageOps.exif_transpose(picture)
        turned.load()
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise _unreadable(name, allowed) from None
    except (OSError, SyntaxError, ValueError):
        raise Refused(
            _("The picture “%(name)s” is damaged or incomplete. Send it again.") % {"name": name},
            code="damaged",
        ) from None
    return _as_jpeg(turned)


def _as_jpeg(picture: Image.Image) -> bytes:
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if picture.mode in ("RGBA", "LA", "P"):
        picture = picture.convert("RGBA")
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    # A new picture takes the pixels alone: no EXIF, no comments, no colour profile with its maker.
    bare = Image.new("RGB", picture.size)
    bare.paste(picture.convert("RGB"))
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()


def _clean_pdf(content: bytes, name: str) -> bytes:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            text = _(
                "The PDF “%(name)s” is protected with a password. Save it without one and send that file."
            )
        else:
            text = _("The PDF “%(name)s” is damaged or incomplete. Scan or save it again.")
        raise Refused(text % {"name": name}, code="damaged") from None
    try:
        if not 0 < len(document) <= MAX_PAGES:
            raise Refused(
                _("The PDF “%(name)s” has %(count)s pages; between 1 and %(limit)s are taken.")
                % {"name": name, "count": len(document), "limit": MAX_PAGES},
                code="too-many-pages",
            )
        pages = []
        for page in document:
            longest = max(page.get_size())
            picture = page.render(scale=min(2.1, LONGEST_SIDE / longest)).to_pil()
            pages.append(Image.open(io.BytesIO(_as_jpeg(picture))))
    except pypdfium2.PdfiumError:
        raise Refused(
            _("The PDF “%(name)s” is damaged or incomplete. Scan or save it again.") % {"name": name},
            code="damaged",
        ) from None
    finally:
        document.close()
    out = io.BytesIO()
    # 2.1 × 72 points to the inch: A4 keeps its size on paper.
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=151.2, producer="", title="")
    return out.getvalue()
