"""Import on a register's page: upload, preview with progress, the uploaded file and the one with its errors marked.

What a button does (confirm, cancel, undo) lives in `import_acts`.
"""

from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from redprop.areas.models import District
from redprop.common.errors import Refused
from redprop.common.tabular import errorbook, writing
from redprop.common.tabular.declare import Register
from redprop.core.admin.base import districts_of
from redprop.core.admin.exchange_base import ExchangePage, download
from redprop.core.admin.mapping_views import asked_of
from redprop.core.models import ImportBatch, ImportRow, Job
from redprop.core.services import error_books, uploads

ROWS_A_PAGE = 50
FILE_TYPES = ".xlsx,.xlsm,.xls,.et,.csv,.txt,.ods"
State = ImportBatch.State
BUSY = (State.CHECKING, State.WRITING, State.UNDOING)

LINKS = (
    "preview",
    "confirm",
    "cancel",
    "check",
    "undo",
    "again",
    "mapping",
    "progress",
    "file",
    "errors",
    "mark",
    "unmark",
    "marking",
    "matches",
)
"""Everything about one import that has an address."""

WAITS = gettext_lazy("Waits for a free worker")
STEPS = {
    "": gettext_lazy("The file is being opened"),
    "waiting": gettext_lazy("Waits until another import into this register is done"),
    "checking": gettext_lazy("Rows checked"),
    "checking again": gettext_lazy("Rows checked once more before they are written"),
    "keeping": gettext_lazy("Rows put together"),
    "writing": gettext_lazy("Rows written"),
    "undoing": gettext_lazy("Rows set back"),
    "marking": gettext_lazy("Errors marked"),
}


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
        """Return the addresses of upload, preview, progress and the two files."""
        one = "import/<slug:register>/<int:batch>/"
        return [
            path("import/<slug:register>/", wrap(self.upload_view), name=f"{name}_import"),
            path(one, wrap(self.preview_view), name=f"{name}_preview"),
            path(f"{one}progress/", wrap(self.progress_view), name=f"{name}_progress"),
            path(f"{one}file/", wrap(self.file_view), name=f"{name}_file"),
            path(f"{one}errors.xlsx", wrap(self.errors_view), name=f"{name}_errors"),
            path(f"{one}marking/", wrap(self.marking_view), name=f"{name}_marking"),
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
                    batch = uploads.keep(
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
                    if asked_of(declared, batch) is not None:
                        return HttpResponseRedirect(self._url("mapping", declared.name, batch.pk))
                    batch = uploads.check_kept(batch=batch, acting_user=request.user)  # type: ignore[arg-type]
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
        found = ImportBatch.objects.for_user(request.user).select_related("job", "error_job", "district")
        return get_object_or_404(found, pk=pk, register=register.name)

    def preview_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Show a batch: how far it is, its rows by outcome, fifty to a page, and what can be done with it."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        counts = counts_of(found)
        busy = found.state in BUSY
        rows = found.results.order_by("number")
        shown, wanted = request.GET.get("show", ""), request.GET.get("q", "").strip()[:100]
        if found.state == State.CHECKING:
            shown = ""  # the first rows, whatever becomes of them
        else:
            if shown not in dict(ImportRow.Outcome.choices):
                order = ("refused", "changed", "new", "unchanged")
                shown = next((name for name in order if getattr(found, name)), "new")
            rows = rows.filter(outcome=shown)
        if wanted:
            rows = rows.filter(key__icontains=wanted)
        page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
        same = same_file(found) if found.state == State.CHECKED else None
        return self._page(
            request,
            "admin/core/import_preview.html",
            declared,
            batch=found,
            busy=busy,
            progress=progress_of(found.job) if busy else None,
            counts=counts,
            shown=shown,
            wanted=wanted,
            page=page,
            good=found.new + found.changed,
            is_open=found.state == State.CHECKED,
            links=self._links(declared, found),
            waits=found.state == State.CHECKING and not found.rows,
            book=book_of(found),
            same=same,
            proposed=found.matches.aggregate(all=Count("pk"), open=Count("pk", filter=Q(decision=""))),
            same_url=self._url("preview", declared.name, same.pk) if same else "",
            ignored=[name for name in found.options.get("ignored", []) if name != errorbook.REASON],
            skipped=found.options.get("skipped", []),
            sheets=found.options.get("refusal", {}).get("sheets") or [],
        )

    def progress_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Answer the page's question how far the work is; when it is over the page is loaded anew."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        first_rows = found.state == State.CHECKING and found.rows and "waits" in request.GET
        if found.state not in BUSY or first_rows:
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        context = {
            "batch": found,
            "progress": progress_of(found.job),
            "counts": counts_of(found),
            "waits": "waits" in request.GET,
            "links": self._links(declared, found),
        }
        return render(request, "admin/core/import_progress.html", context)

    def _links(self, declared: Register, found: ImportBatch) -> dict[str, str]:
        """Return the addresses of everything about one import."""
        return {name: self._url(name, declared.name, found.pk) for name in LINKS}

    def file_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Download the file as it was uploaded."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        if not found.file or not Path(found.file.path).exists():
            raise Http404
        return FileResponse(found.file.open("rb"), as_attachment=True, filename=found.file_name)

    def errors_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Download the uploaded file with the bad cells coloured and the reasons beside them."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        if not found.file:
            raise Http404
        name = Path(found.file_name).stem + "-" + _("errors") + ".xlsx"
        if error_books.is_long(found):
            if not found.error_file or not Path(found.error_file.path).exists():
                messages.info(request, _("This file is long: have its errors marked first, on this page."))
                return HttpResponseRedirect(self._url("preview", declared.name, found.pk))
            return FileResponse(found.error_file.open("rb"), as_attachment=True, filename=name)
        try:
            return download(name, lambda out: error_books.write_error_book(batch=found, out=out))
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(self._url("preview", declared.name, found.pk))

    def marking_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Answer the page's question how far the marking of a long file's errors is."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        context = {"batch": found, "book": book_of(found), "links": self._links(declared, found)}
        return render(request, "admin/core/import_book.html", context)


def counts_of(batch: ImportBatch) -> list[tuple[str, str, int]]:
    """Return (outcome, its label, how many rows) of a batch."""
    return [(name, label, getattr(batch, name)) for name, label in ImportRow.Outcome.choices]


def book_of(batch: ImportBatch) -> dict[str, Any]:
    """Return what the page says about the workbook with the errors marked."""
    job = batch.error_job
    return {
        "there_is": bool(batch.refused and batch.file and batch.state in error_books.READY),
        "ready": not error_books.is_long(batch) or bool(batch.error_file),
        "progress": progress_of(job) if job is not None and job.is_open else None,
        "failed": job.message if job is not None and job.state == Job.State.FAILED else "",
        "short_of": batch.rows > errorbook.WHOLE_UP_TO,
    }


def same_file(batch: ImportBatch) -> ImportBatch | None:
    """Return the latest written import of the very same file into the same register, if there is one."""
    return (
        ImportBatch.objects.filter(
            digest=batch.digest, register=batch.register, district=batch.district_id, state=State.DONE
        )
        .exclude(pk=batch.pk)
        .order_by("-written_at")
        .first()
    )


def progress_of(job: Job | None) -> dict[str, Any]:
    """Return what the page says about a job: its step, rows, share and the time left."""
    if job is None or job.state == Job.State.QUEUED:
        return {"step": WAITS, "queued": job is not None, "since": job.recorded_at if job else None}
    counted = job.state == Job.State.RUNNING and job.total > 0
    return {
        "step": STEPS.get(job.step, STEPS[""]),
        "since": job.recorded_at,
        "done": job.done,
        "total": job.total if counted else 0,
        "percent": min(100, job.done * 100 // job.total) if counted else None,
        "left": _time_left(job) if counted else "",
        "cancelling": job.cancel_requested,
        "again": max(0, job.attempts - 1),
    }


def _time_left(job: Job) -> str:
    if not job.done or job.step_started_at is None or job.heartbeat_at is None:
        return ""
    gone = (timezone.now() - job.step_started_at).total_seconds()
    seconds = int(gone * (job.total - job.done) / job.done)
    if seconds < 60:
        return _("about %(seconds)s seconds left") % {"seconds": max(1, seconds)}
    return _("about %(minutes)s minutes left") % {"minutes": -(-seconds // 60)}
