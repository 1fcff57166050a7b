"""Signs of households and residents on a list: masked, and opened for a purpose that is logged, page by page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from redprop.accounts.services.openings import PURPOSE
from redprop.common.errors import Refused
from redprop.desk.ledgers import PAGE


class PurposeForm(forms.Form):
    """What the signs are opened for."""

    purpose = forms.CharField(
        label=gettext_lazy("What you need the signs for"), min_length=PURPOSE, max_length=200
    )


class Signs:
    """The list's rows with their signs: `?row=` narrows it to one, a POST with a purpose opens the page's.

    `opens(rows, purpose, acting_user)` logs and returns the signs by row number; `masked(row)` is shown else.
    """

    def __init__(
        self,
        request: HttpRequest,
        rows: QuerySet,
        opens: Callable[..., Mapping[int, str]],
        masked: Callable[[Any], str],
    ) -> None:
        one = request.GET.get("row", "")
        self.one = one if one.isdecimal() and len(one) < 10 else ""
        self.rows = rows.filter(pk=int(self.one)) if self.one else rows
        self._masked = masked
        self._opened: Mapping[int, str] = {}
        self.form = PurposeForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and self.form.is_valid():
            wanted = Paginator(self.rows.select_related("community"), PAGE)
            page: Sequence[Any] = list(wanted.get_page(request.GET.get("page")))
            try:
                self._opened = opens(
                    rows=page, purpose=self.form.cleaned_data["purpose"], acting_user=request.user
                )
            except Refused as refused:
                self.form.add_error("purpose", str(refused))

    def shown(self, row: Any) -> str:
        """The cell: in clear once it is opened."""
        return self._opened.get(row.pk) or self._masked(row)

    def context(self, whole: str) -> dict[str, Any]:
        """What the template needs; `whole` is the address of the list."""
        return {"sign_form": self.form, "signs_open": bool(self._opened), "whole": whole if self.one else ""}
