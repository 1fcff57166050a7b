"""The user's saved filters above a list, and the form that keeps the present one."""

from typing import Any

from django import template
from django.urls import reverse

from redprop.core.models import SavedFilter

register = template.Library()


@register.inclusion_tag("admin/core/saved_filter_links.html", takes_context=True)
def saved_filter_links(context: dict[str, Any], cl: Any) -> dict[str, Any]:
    """Links to the user's filters of this list (one query)."""
    request = context["request"]
    page = cl.opts.label_lower
    present = cl.get_query_string(remove=["p", "e"]).lstrip("?")
    kept = list(SavedFilter.objects.for_user(request.user).filter(page=page))
    return {
        "kept": [
            {"name": f.name, "url": f"?{f.query}", "here": f.query == present, "pk": f.pk} for f in kept
        ],
        "page": page,
        "present": present,
        "can_keep": bool(present) and all(f.query != present for f in kept),
        "action": reverse("admin:core_savedfilter_keep"),
        "csrf_token": context.get("csrf_token"),
    }
