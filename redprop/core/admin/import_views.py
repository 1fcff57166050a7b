"""Import on a register's page: upload, preview, confirm, the file with its errors marked."""

from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.tabular import writing
from redprop.common.tabular.declare import Register
from redprop.core.admin.base import districts_of
from redprop.core.admin.exchange_base import ExchangePage, download
from redprop.core.models import ImportBatch, ImportRow
from redprop.core.services import imports

ROWS_A_PAGE = 50
FILE_TYPES = ".xlsx,.xls,.csv,.ods"


class UploadForm(forms.Form):
    """The file, and what the file itself does not tell."""

    file = forms.FileField(label=gettext_lazy("File"), allow_empty_file=True)
    sheet = forms.CharField(label=gettext_lazy("Sheet"), required=False, max_length=100)
    mapping = forms.CharField(label=gettext_lazy("Names of columns"), required=False, max_length=4000)
    accept_matches = forms.BooleanField(required=False)
    district = forms.ModelChoiceField(District.objects.none(), required=False)

    def __init__(self, *args: Any, districts: list[District], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.districts = districts
        field = self.fields["district"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = District.objects.filter(pk__in=[d.pk for d in districts])

    def district_chosen(self) -> District:
        """Return the chosen district, or the user's first."""
        return self.cleaned_data["district"] or self.districts[0]


def mapping_of(register: Register, text: str) -> dict[str, str]:
    """Return header → field from lines `楼盘名称=小区名称`; the right side is a header of ours or a field name."""
    known = {c.field: c.field for c in register.columns if not c.read_only}
    known |= {c.header: c.field for c in register.columns if not c.read_only}
    mapping = {}
    for line in filter(None, (part.strip() for part in text.splitlines())):
        header, mark, name = line.replace("＝", "=").rpartition("=")
        if not mark or name.strip() not in known:
            raise Refused(
                _("“%(line)s” is not of the form: column of the file = column of the register.")
                % {"line": line},
                code="mapping",
            )
        mapping[header.strip()] = known[name.strip()]
    return mapping


class ImportPages(ExchangePage):
    """The pages of an import."""

    def exchange_urls(self, name: str, wrap: Any) -> list[Any]:
        """Return the addresses of upload, preview, confirmation and error workbook."""
        return [
            path("import/<slug:register>/", wrap(self.upload_view), name=f"{name}_import"),
            path("import/<slug:register>/<int:batch>/", wrap(self.preview_view), name=f"{name}_preview"),
            path(
                "import/<slug:register>/<int:batch>/confirm/",
                wrap(require_POST(self.confirm_view)),
                name=f"{name}_confirm",
            ),
            path(
                "import/<slug:register>/<int:batch>/errors.xlsx",
                wrap(self.errors_view),
                name=f"{name}_errors",
            ),
            *super().exchange_urls(name, wrap),
        ]

    def upload_view(self, request: HttpRequest, register: str) -> HttpResponse:
        """Take a file and show what it would do; a file that cannot be taken is answered with its sentence."""
        declared = self._register(request, register, to_import=True)
        districts = districts_of(request)
        form = UploadForm(request.POST or None, request.FILES or None, districts=districts)
        refusal = ""
        if request.method == "POST":
            if form.is_valid():
                try:
                    batch = imports.stage(
                        register=declared,
                        upload=form.cleaned_data["file"],
                        context=self._context(
                            request,
                            form.district_chosen(),
                            accept_matches=form.cleaned_data["accept_matches"],
                        ),
                        sheet=form.cleaned_data["sheet"].strip() or None,
                        mapping=mapping_of(declared, form.cleaned_data["mapping"]),
                    )
                    return HttpResponseRedirect(self._url("preview", declared.name, batch.pk))
                except Refused as refused:
                    refusal = str(refused)
            else:
                refusal = _("Choose a file first.")
        return self._page(
            request,
            "admin/core/import.html",
            declared,
            refusal=refusal,
            form=form,
            districts=districts if len(districts) > 1 else [],
            columns=[(c, writing.help_text(c)) for c in declared.columns if not c.read_only],
            file_types=FILE_TYPES,
            can_match=declared.match is not None,
        )

    def _batch(self, request: HttpRequest, register: Register, pk: int) -> ImportBatch:
        return get_object_or_404(ImportBatch.objects.for_user(request.user), pk=pk, register=register.name)

    def preview_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Show the rows of a staged or written upload by outcome, fifty to a page."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        counts = [(name, label, getattr(found, name)) for name, label in ImportRow.Outcome.choices]
        shown = request.GET.get("show", "")
        if shown not in dict(ImportRow.Outcome.choices):
            order = ("refused", "changed", "new", "unchanged")
            shown = next((name for name in order if getattr(found, name)), "new")
        pages = Paginator(found.results.filter(outcome=shown).order_by("number"), ROWS_A_PAGE)
        page = pages.get_page(request.GET.get("page"))
        return self._page(
            request,
            "admin/core/import_preview.html",
            declared,
            batch=found,
            counts=counts,
            shown=shown,
            page=page,
            good=found.new + found.changed,
            is_open=found.state == ImportBatch.State.CHECKED,
            confirm_url=self._url("confirm", declared.name, found.pk),
            errors_url=self._url("errors", declared.name, found.pk) if found.refused else "",
            ignored=found.options.get("ignored", []),
            skipped=found.options.get("skipped", []),
        )

    def confirm_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Write a staged upload."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        context = self._context(
            request, found.district, accept_matches=bool(found.options.get("accept_matches"))
        )
        try:
            done = imports.confirm(
                batch=found, context=context, only_good=request.POST.get("only_good") == "1"
            )
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(
                request,
                _("Written: %(new)s new and %(changed)s changed rows. Import number %(number)s.")
                % {"new": done.new, "changed": done.changed, "number": done.pk},
            )
        return HttpResponseRedirect(self._url("preview", declared.name, found.pk))

    def errors_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Download the uploaded file with the bad cells coloured and the reasons beside them."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        if not found.file:
            raise Http404
        return download(
            Path(found.file_name).stem + "-" + _("errors") + ".xlsx",
            lambda out: imports.write_error_book(batch=found, out=out),
        )
