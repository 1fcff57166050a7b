"""Whether a credit report is genuine: anybody holds its verification code against the ledger's copy."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from evaluations.credit_paper import PARTS
from evaluations.services.credit_reports import verify
from redprop.common import signing
from redprop.public.views import frame_here

LONGEST_CODE = 20


@require_safe
def verify_report(request: HttpRequest, code: str = "") -> HttpResponse:
    """Show what was issued under the code, or say that nothing was."""
    asked = request.GET.get("code", "").strip().upper()[:LONGEST_CODE]
    if not code and asked:
        return HttpResponseRedirect(reverse("public:credit_report", args=[asked.replace("/", "-")]))
    report = verify(code) if code else None
    title = _("Verify a credit report")
    events = [{**event, "part": PARTS[event["part"]]} for event in report.content["events"]] if report else []
    body = render_to_string(
        "public/credit.html",
        {
            "title": title,
            "code": code,
            "report": report,
            "events": events,
            "certificate": signing.certificate(),
        },
    )
    page = frame_here().page(title, body, crumbs=[], robots="noindex")
    return HttpResponse(page, status=404 if code and report is None else 200)


@require_safe
def certificate(request: HttpRequest) -> HttpResponse:
    """The certificate with which reports are signed, to check a signature without this portal."""
    found = signing.certificate()
    if found is None:
        raise Http404
    answer = HttpResponse(found.pem, content_type="application/x-pem-file")
    answer.headers["Content-Disposition"] = 'attachment; filename="credit-certificate.pem"'
    return answer
