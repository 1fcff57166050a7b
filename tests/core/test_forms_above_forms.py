"""A form above an admin page's own form stands outside it: inside, a browser sends the page's form instead."""

from pathlib import Path

from django.contrib import admin
from django.template.loader import get_template


def test_what_stands_inside_a_pages_form_has_no_form_of_its_own():
    wrong = []
    for model, page in admin.site._registry.items():
        for name in ("change_form_before_template", "change_form_after_template"):
            template = getattr(page, name, None)
            if template and "<form" in Path(get_template(template).origin.name).read_text(encoding="utf-8"):
                wrong.append(f"{model._meta.label}: {template}")
    assert wrong == []
