"""Naming the unknown columns of an uploaded file: the step between upload and check.

The answers go to the batch, and under a name to a profile that is proposed for the next file alike.
"""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext as _

from redprop.common.errors import Refused
from redprop.common.tabular.declare import Register
from redprop.common.tabular.headers import plain
from redprop.core.admin.exchange_base import ExchangePage
from redprop.core.models import ImportBatch
from redprop.core.services import profiles, uploads
from redprop.core.services.profiles import Questions

OPEN = (ImportBatch.State.UPLOADED, ImportBatch.State.CHECKED, ImportBatch.State.REFUSED)


def asked_of(register: Register, batch: ImportBatch, *, anew: bool = False) -> Questions | None:
    """Return what the file of a batch leaves open; `anew` asks again what was answered before."""
    return profiles.questions(
        register=register,
        path=Path(batch.file.path),
        district=batch.district,
        sheet=batch.sheet or None,
        mapping={} if anew else batch.mapping,
    )


class MappingPages(ExchangePage):
    """The page of the mapping."""

    def exchange_urls(self, name: str, wrap: Any) -> list[Any]:
        """Return its address."""
        return [
            path(
                "import/<slug:register>/<int:batch>/mapping/", wrap(self.mapping_view), name=f"{name}_mapping"
            ),
            *super().exchange_urls(name, wrap),
        ]

    def mapping_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Ask for the unknown columns, or take the answers and check the file."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)  # type: ignore[attr-defined]
        if found.state not in OPEN or not found.file:
            return HttpResponseRedirect(self._url("preview", declared.name, found.pk))
        asked = asked_of(declared, found, anew=True)
        if asked is None:
            return self._check_named(request, declared, found)
        if request.method == "POST":
            try:
                self._take_names(request, declared, found, asked)
            except Refused as refused:
                messages.error(request, str(refused))
            else:
                return self._check_named(request, declared, found)
        elif found.mapping:
            for one in asked.unknown:
                one.field = found.mapping.get(one.header, one.field)
        return self._page(
            request,
            "admin/core/import_mapping.html",
            declared,
            batch=found,
            asked=asked,
            choices=[(c.field, c.header, c.required) for c in declared.columns if not c.read_only],
            name=request.POST.get("name", "")
            if request.method == "POST"
            else Path(found.file_name).stem[:60],
        )

    def _take_names(
        self, request: HttpRequest, register: Register, batch: ImportBatch, asked: Questions
    ) -> None:
        """Put the answers on the batch (and into a profile); raises Refused."""
        if pk := request.POST.get("profile"):
            if asked.profile is None or str(asked.profile.pk) != pk:
                raise Http404
            mapping = {
                one.header: asked.profile.mapping[header]
                for one in asked.columns
                for header in asked.profile.mapping
                if plain(header) == plain(one.header)
            }
            mapping = {one.header: "" for one in asked.unknown} | mapping
        else:
            mapping = {}
            for one in asked.columns:
                answer = request.POST.get(f"column-{one.position}", one.field)
                if not one.known or answer != one.field:
                    mapping[one.header] = answer
                one.field = answer
        profiles.check_mapping(register, mapping)
        named = [one.field for one in asked.columns if one.known and one.header not in mapping]
        for header, name in mapping.items():
            if name and name in named:
                raise Refused(
                    _("“%(header)s” is set to “%(column)s”, which another column of the file is already.")
                    % {"header": header, "column": register.by_field[name].header},
                    code="double-column",
                )
        if request.POST.get("keep") and not request.POST.get("profile"):
            profiles.save_profile(
                district=batch.district,
                register=register,
                name=request.POST.get("name", ""),
                headers=asked.headers,
                mapping=mapping,
                sheet=asked.sheet,
                acting_user=request.user,  # type: ignore[arg-type]
            )
        uploads.name_columns(
            batch=batch,
            mapping=mapping,
            sheet=asked.sheet,
            acting_user=request.user,  # type: ignore[arg-type]
        )
        batch.refresh_from_db()

    def _check_named(self, request: HttpRequest, register: Register, batch: ImportBatch) -> HttpResponse:
        try:
            uploads.start_check(batch=batch, acting_user=request.user)  # type: ignore[arg-type]
        except Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(self._url("preview", register.name, batch.pk))
