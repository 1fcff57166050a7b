"""The A4 poster for a compound's gate: its QR code leads to the card, which is a file and needs no server."""

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from communities.models import Compound
from redprop.accounts.clock import business_today
from redprop.common.documents.poster import poster_pdf
from redprop.common.errors import Refused
from redprop.common.senders import sender
from redprop.public import languages, quiet
from redprop.public.frame_page import page
from redprop.public.here import district_here

KEPT_SECONDS = 24 * 3600


def made(compound: Compound) -> bytes:
    """Return the poster of a compound in Chinese, as it hangs at the gate."""
    with override(languages.CHINESE):
        return poster_pdf(
            programme=_("Red Property · %(district)s") % {"district": compound.district.name},
            title=compound.name,
            lead=_("Scan to see who serves your compound"),
            lines=[
                _("Who is responsible, and the work telephone; what was promised, and whether it was kept."),
                _("The list of the quarter with its reasons; the public money for the service."),
                _("Something is wrong? Report it there: no app, no sign-in."),
            ],
            address=f"{settings.SITE_ADDRESS.rstrip('/')}/compounds/{compound.code}/",
            foot=_("Every other way to make your wish heard stays open to you."),
            corner=_("Demonstration data") if compound.district.is_demo else "",
        )


@require_safe
def poster(request: HttpRequest, code: str) -> HttpResponse:
    """The poster as PDF, made at most once a day for each compound."""
    district = district_here()
    rows = Compound.objects.filter(district=district, code=code.upper()).select_related("district")
    compound = rows.registered_on(business_today(district)).first()
    if compound is None:
        raise Http404
    key = f"public-poster:{compound.pk}:{compound.name}".replace(" ", "")
    try:
        content = cache.get(key)
        if content is None:
            quiet.count("poster", sender(request))
            content = made(compound)
            cache.set(key, content, KEPT_SECONDS)
    except RedisError:
        content = made(compound)
    except Refused as refused:
        title = _("Poster %(compound)s") % {"compound": compound.name}
        return page(title, "refused", {"refused": refused, "code": compound.code}, status=429)
    answer = HttpResponse(content, content_type="application/pdf")
    name = _("Poster %(compound)s") % {"compound": compound.name}
    answer.headers["Content-Disposition"] = content_disposition_header(False, f"{name}.pdf")
    return answer
