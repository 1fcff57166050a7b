"""The links above a list that take it out as a file: as shown, with its filters, search and order."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import NoReverseMatch, reverse

from redprop.core.services.listings import AS_SHOWN, clean_query

register = template.Library()


@register.inclusion_tag("admin/core/list_export_links.html", takes_context=True)
def list_export_links(context: dict[str, Any], cl: Any) -> dict[str, Any]:
    """Addresses of the list's exports (no query)."""
    query = clean_query(context["request"].GET.urlencode())
    name = f"admin:{cl.opts.app_label}_{cl.opts.model_name}_export"
    try:
        links = {ending: reverse(name, args=[AS_SHOWN, ending]) for ending in ("xlsx", "csv")}
    except NoReverseMatch:
        return {}
    links = {ending: f"{url}?{query}" if query else url for ending, url in links.items()}
    page = f"admin:{cl.opts.label_lower}"
    links["report"] = f"{reverse('desk:report-new')}?{urlencode({'page': page, 'query': query})}"
    links["files"] = reverse("desk:exports")
    return links
