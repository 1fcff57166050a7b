"""Addresses under which a list of the desk leaves as a file, or is sent regularly."""

from urllib.parse import urlencode

from django import template
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from redprop.core.services.listings import clean_query

register = template.Library()


@register.simple_tag
def desk_export_links(request: HttpRequest, name: str, of: object = "", item: object = "") -> dict[str, str]:
    """Return the addresses with the filters of the page, and what its own address names (no query)."""
    query = QueryDict(clean_query(request.GET.urlencode()), mutable=True)
    for key, value in (("of", of), ("item", item)):
        if value:
            query[key] = str(value)
    text = query.urlencode()
    links = {
        ending: reverse("desk:export", args=[name, ending]) + (f"?{text}" if text else "")
        for ending in ("xlsx", "csv")
    }
    links["report"] = f"{reverse('desk:report-new')}?{urlencode({'page': f'desk:{name}', 'query': text})}"
    return links
