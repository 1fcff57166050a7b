"""Files as answers of the desk: official papers as .docx or PDF, and attachments that we wrote ourselves."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import content_disposition_header

from redprop.common.documents import Document, as_docx, as_pdf
from redprop.common.errors import Refused
from redprop.core.models import Attachment

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def paper_answer(request: HttpRequest, document: Document, form: str, back: str) -> HttpResponse:
    """The paper as a download; when it cannot be made, the reason on the page at `back`."""
    try:
        if form == "pdf":
            content, content_type = as_pdf(document), "application/pdf"
        else:
            content, content_type = as_docx(document), DOCX
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(back)
    answer = HttpResponse(content, content_type=content_type)
    answer.headers["Content-Disposition"] = content_disposition_header(True, f"{document.name}.{form}")
    return answer


def file_of(attachment: Attachment) -> HttpResponseBase:
    """The stored file itself, a JPEG or a PDF that we wrote."""
    try:
        content = attachment.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(content, content_type=attachment.content_type, filename=attachment.name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
