"""The language of a public page is that of its address: `/en/…` is English, the others are Chinese."""

from collections.abc import Callable
from urllib.parse import quote

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import Resolver404, get_script_prefix, resolve, set_script_prefix
from django.utils import translation

from redprop.public import languages


class PublicLanguageMiddleware:
    """Takes `/en` off the address and speaks English, also in the links that are made from the table of addresses.

    Stands after LocaleMiddleware, whose choice by cookie and browser holds for the desk and the admin.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in the language of the address."""
        path = request.path_info
        if path == languages.PREFIX:
            return HttpResponseRedirect(f"{languages.PREFIX}/")
        inner = path.removeprefix(languages.PREFIX) if path.startswith(f"{languages.PREFIX}/") else path
        if not is_public(inner):
            if inner == path:
                return self.get_response(request)
            with translation.override(languages.ENGLISH):  # below /en/ there is no such page: said in English
                return self.get_response(request)
        english = inner != path
        before = get_script_prefix()
        asked = languages.asked.set(quote(inner))
        try:
            if english:
                request.path_info = inner
                set_script_prefix(f"{before.rstrip('/')}{languages.PREFIX}/")
            language = languages.ENGLISH if english else languages.CHINESE
            request.LANGUAGE_CODE = language
            with translation.override(language):
                return self.get_response(request)
        finally:
            set_script_prefix(before)
            languages.asked.reset(asked)


def is_public(path: str) -> bool:
    """Whether the address is one of the public pages or of the open data; the signed calls of other programs are none."""
    try:
        found = resolve(path)
        return found.app_name == "public" and (found.url_name == "api" or not path.startswith("/api/"))
    except Resolver404:
        return False
