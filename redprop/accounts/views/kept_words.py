"""Shows the words that were typed before the session ended, and sends them to their page again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from redprop.accounts import kept_words as words
from redprop.accounts.views.sign_in import start_page


@never_cache
@login_required
def kept_words(request: HttpRequest) -> HttpResponse:
    """The kept form as text, with the button that sends it; POST drops it."""
    found = words.kept(request)
    if found is None:
        messages.info(request, _("No typed words are waiting for you."))
        return redirect(start_page(request.user))
    if request.method == "POST":
        words.forget(request)
        messages.info(request, _("The words were dropped."))
        return redirect(start_page(request.user))
    action = f"{found['path']}?{found['query']}" if found["query"] else found["path"]
    context = {
        "action": action,
        "back": action,
        "fields": found["fields"],
        "texts": [value for _name, value in found["fields"] if len(value) > 2 and not value.isdecimal()],
        "files": found["files"],
    }
    return render(request, "accounts/kept_words.html", context)
