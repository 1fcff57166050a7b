"""The answer to "export this list": a file at once, or for a long workbook a job whose file is fetched later."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header

from redprop.common.tabular import writing
from redprop.core.models.exports import Way
from redprop.core.services.exports import log_export
from redprop.core.services.listings import Listing


def send(request: HttpRequest, listing: Listing, ending: str) -> Any:
    """Log the export and answer with its file."""
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
