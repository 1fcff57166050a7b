"""Files of the desk's lists."""

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from redprop.common.errors import Refused
from redprop.common.tabular.writing import ENDINGS
from redprop.core.downloads import send
from redprop.core.services.listings import open_listing
from redprop.desk.page import desk_page


@desk_page
def export(request: HttpRequest, name: str, ending: str) -> HttpResponseBase:
    """Download a list of the desk: all rows that the page would show under its filters."""
    if ending not in ENDINGS:
        raise Http404
    try:
        listing = open_listing(user=request.user, page=f"desk:{name}", query=request.GET.urlencode())
    except Refused as refused:
        if refused.code == "no-list":
            raise Http404 from refused
        messages.error(request, str(refused))
        return redirect("desk:home")
    return send(request, listing, ending)
