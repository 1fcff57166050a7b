"""The answer to "export this list": a file at once, or for a long workbook a job whose file is fetched later."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from redprop.common.tabular import writing
from redprop.common.tabular.sheets import MOST_ROWS
from redprop.core.models.exports import Way
from redprop.core.services.export_files import AT_ONCE, request_file
from redprop.core.services.exports import log_export
from redprop.core.services.listings import Listing

LINES_ABOVE = 4
"""Lines of a workbook over its rows: title, facts, header."""


def send(request: HttpRequest, listing: Listing, ending: str) -> Any:
    """Log the export and answer with its file; a workbook too long to wait for becomes a job."""
    if ending == "xlsx" and listing.rows > AT_ONCE:
        if listing.rows > MOST_ROWS - LINES_ABOVE:
            messages.error(
                request,
                _("A sheet holds %(most)s rows at most. Export as CSV, or narrow the list.")
                % {"most": f"{MOST_ROWS:,}"},
            )
        else:
            request_file(listing=listing, ending=ending, acting_user=request.user)  # type: ignore[arg-type]
            messages.success(
                request,
                _("“%(title)s” has %(rows)s rows: the file is being made. You are told when it is ready.")
                % {"title": listing.title, "rows": f"{listing.rows:,}"},
            )
        return redirect("desk:exports")
    log_export(listing=listing, ending=ending, way=Way.SCREEN, acting_user=request.user)  # type: ignore[arg-type]
    name = listing.file_name(ending)
    if ending == "csv":
        answer = StreamingHttpResponse(
            writing.csv_parts(listing.table), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = content_disposition_header(True, name)
        answer["Cache-Control"] = "no-store"
        return answer
    return download(name, lambda out: writing.write_table(out, listing.table))


def download(name: str, write: Callable[[Path], object]) -> FileResponse:
    """Return a file written by `write(path)`; it is gone from the disk when the answer has been read."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / ("file" + Path(name).suffix)
        write(out)
        answer = FileResponse(out.open("rb"), as_attachment=True, filename=name)
    answer["Cache-Control"] = "no-store"
    return answer
