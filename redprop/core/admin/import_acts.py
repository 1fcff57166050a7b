"""What the buttons of an import do: confirm, cancel, check again, undo, import again."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from redprop.common.errors import Refused
from redprop.core.admin.import_views import ImportPages, State
from redprop.core.services import error_books, jobs, undo, uploads


class ImportActs(ImportPages):
    """The acts."""

    def exchange_urls(self, name: str, wrap: Any) -> list[Any]:
        """Return the addresses of the acts."""
        one = "import/<slug:register>/<int:batch>/"
        return [
            path(f"{one}{act}/", wrap(require_POST(getattr(self, f"{act}_view"))), name=f"{name}_{act}")
            for act in ("confirm", "cancel", "check", "again", "mark", "unmark")
        ] + [
            path(f"{one}undo/", wrap(self.undo_view), name=f"{name}_undo"),
            *super().exchange_urls(name, wrap),
        ]

    def confirm_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Write a checked upload."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        try:
            done = uploads.start_write(
                batch=found,
                acting_user=request.user,  # type: ignore[arg-type]
                only_good=request.POST.get("only_good") == "1",
            )
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            if done.state == State.DONE:
                messages.success(
                    request,
                    _("Written: %(new)s new and %(changed)s changed rows. Import number %(number)s.")
                    % {"new": done.new, "changed": done.changed, "number": done.pk},
                )
        return HttpResponseRedirect(self._url("preview", declared.name, found.pk))

    def cancel_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Cancel what is being done, or drop the upload."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        try:
            left = uploads.cancel(batch=found, acting_user=request.user)  # type: ignore[arg-type]
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            if left.state == State.CANCELLED:
                messages.success(request, _("Cancelled. Nothing was written, and the file is gone."))
                return HttpResponseRedirect(self._url("import", declared.name))
        return HttpResponseRedirect(self._url("preview", declared.name, found.pk))

    def check_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Check the kept file again, with the sheet that was chosen."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        if sheet := request.POST.get("sheet", "").strip():
            uploads.choose_sheet(batch=found, sheet=sheet, acting_user=request.user)  # type: ignore[arg-type]
            found.refresh_from_db()
        try:
            uploads.start_check(batch=found, acting_user=request.user)  # type: ignore[arg-type]
        except Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(self._url("preview", declared.name, found.pk))

    def mark_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Have the errors of a long file marked in the background."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        try:
            error_books.start_error_book(batch=found, acting_user=request.user)  # type: ignore[arg-type]
        except Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(self._url("preview", declared.name, found.pk))

    def unmark_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Stop marking."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        try:
            if found.error_job is not None:
                jobs.cancel(job=found.error_job, acting_user=request.user)  # type: ignore[arg-type]
        except Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(self._url("preview", declared.name, found.pk))

    def undo_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Show what undoing an import would do, or why it cannot; undo it when that is confirmed."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        preview = HttpResponseRedirect(self._url("preview", declared.name, found.pk))
        try:
            if request.method == "POST":
                done = undo.start_undo(batch=found, acting_user=request.user)  # type: ignore[arg-type]
                if done.state == State.UNDONE:
                    messages.success(
                        request,
                        _("Import %(number)s is undone: %(deleted)s rows deleted, %(restored)s set back.")
                        % {
                            "number": done.pk,
                            "deleted": done.options["deleted"],
                            "restored": done.options["restored"],
                        },
                    )
                return preview
            undoing = undo.look(found)
        except Refused as refused:
            messages.error(request, str(refused))
            return preview
        return self._page(
            request,
            "admin/core/import_undo.html",
            declared,
            batch=found,
            undoing=undoing,
            links={name: self._url(name, declared.name, found.pk) for name in ("preview", "undo", "file")},
        )

    def again_view(self, request: HttpRequest, register: str, batch: int) -> HttpResponse:
        """Check the kept file of an undone import as a new upload."""
        declared = self._register(request, register, to_import=True)
        found = self._batch(request, declared, batch)
        try:
            found = uploads.take_again(batch=found, acting_user=request.user)  # type: ignore[arg-type]
        except Refused as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(self._url("preview", declared.name, found.pk))
