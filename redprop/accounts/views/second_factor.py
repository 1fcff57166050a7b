"""Setting up the second factor, entering its code at sign-in, and one's own page about it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache

from redprop.accounts import second_step
from redprop.accounts.models import SecondFactor, second_factor_required
from redprop.accounts.services import second_factor as services
from redprop.accounts.views.sign_in import start_page
from redprop.common.errors import Refused
from redprop.common.secrets import seal, unseal

KEY = "new_second_factor"
REPLACING = "replacing_second_factor"
ABOUT = "new-second-factor"


class CodeForm(forms.Form):
    """One code."""

    code = forms.CharField(
        label=gettext_lazy("Code of the app"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "autofocus": True,
                "spellcheck": "false",
                "autocapitalize": "characters",
            }
        ),
    )


class RecoveryForm(CodeForm):
    """A recovery code, which has letters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Recovery code")
        self.fields["code"].widget.attrs.update({"inputmode": "text", "autocomplete": "off"})


@method_decorator(never_cache, name="dispatch")
class Code(LoginRequiredMixin, View):
    """The second step of a sign-in: six digits of the app, or a recovery code."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Ask for it."""
        if not second_step.owes_second_factor(request):
            return redirect(second_step.take_wish(request, start_page(request.user)))
        if not request.user.has_second_factor:
            return redirect("accounts:enrol")
        return self._page(request, self._form(request)())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take it, and lead on to where the user wanted to go."""
        if not second_step.owes_second_factor(request) or not request.user.has_second_factor:
            return self.get(request)
        form = self._form(request)(request.POST)
        if form.is_valid():
            try:
                taken = services.take_code(
                    user=request.user, token=form.cleaned_data["code"], request=request
                )
            except Refused as refused:
                form.add_error("code", str(refused))
            else:
                second_step.complete(request, taken.device)
                if taken.codes_left is not None:
                    messages.warning(
                        request,
                        _("A recovery code was used up; %(count)s are left. Get new ones under “My account”.")
                        % {"count": taken.codes_left},
                    )
                return redirect(second_step.take_wish(request, start_page(request.user)))
        return self._page(request, form)

    @staticmethod
    def _form(request: HttpRequest) -> type[CodeForm]:
        return RecoveryForm if "recovery" in request.GET else CodeForm

    @staticmethod
    def _page(request: HttpRequest, form: forms.Form) -> HttpResponse:
        return render(
            request, "accounts/code.html", {"form": form, "is_recovery": isinstance(form, RecoveryForm)}
        )


@method_decorator(never_cache, name="dispatch")
class Enrol(LoginRequiredMixin, View):
    """Sets up an authenticator: scan, type one code, keep ten recovery codes."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the key; the same one until it is confirmed."""
        if not self._may(request):
            return redirect("accounts:second-factor")
        return self._page(request, CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the first code and show the recovery codes, once."""
        if not self._may(request) or KEY not in request.session:
            return redirect("accounts:enrol")
        form = CodeForm(request.POST)
        if form.is_valid():
            try:
                device, codes = services.enrol(
                    user=request.user,
                    key=unseal(request.session[KEY], about=ABOUT),
                    token=form.cleaned_data["code"],
                    request=request,
                )
            except Refused as refused:
                form.add_error("code", str(refused))
            else:
                return self._done(request, device, codes)
        return self._page(request, form)

    @staticmethod
    def _may(request: HttpRequest) -> bool:
        """Whoever has a device already shows a code of it first."""
        return not request.user.has_second_factor or bool(request.session.get(REPLACING))

    @staticmethod
    def _done(request: HttpRequest, device: SecondFactor, codes: list[str]) -> HttpResponse:
        for name in (KEY, REPLACING):
            request.session.pop(name, None)
        second_step.complete(request, device)
        onward = second_step.take_wish(request, start_page(request.user))
        return render(request, "accounts/recovery_codes.html", {"codes": codes, "onward": onward})

    @staticmethod
    def _page(request: HttpRequest, form: forms.Form) -> HttpResponse:
        if KEY not in request.session:
            request.session[KEY] = seal(services.new_key(), about=ABOUT)
        key = unseal(request.session[KEY], about=ABOUT)
        context = {
            "form": form,
            "picture": services.picture(services.key_address(request.user, key)),
            "key": services.in_fours(key),
            "required": second_factor_required(request.user),
        }
        return render(request, "accounts/enrol.html", context)


@never_cache
@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """One's own second factor: new recovery codes, another phone, or none, each against a present code."""
    if not request.user.has_second_factor:
        return redirect("accounts:enrol")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        wish, token = request.POST.get("wish"), form.cleaned_data["code"]
        try:
            if wish == "codes":
                codes = services.renew_codes(user=request.user, token=token, request=request)
                context = {"codes": codes, "onward": start_page(request.user)}
                return render(request, "accounts/recovery_codes.html", context)
            if wish == "phone":
                services.take_code(user=request.user, token=token, request=request)
                request.session[REPLACING] = True
                return redirect("accounts:enrol")
            if wish == "off":
                services.switch_off(user=request.user, token=token, request=request)
                messages.success(
                    request, _("The second factor is switched off: the password alone lets you in.")
                )
                return redirect("accounts:account")
            form.add_error(None, _("Choose what you want to do."))
        except Refused as refused:
            form.add_error(
                refused.fields.get("field") if refused.fields.get("field") == "code" else None, str(refused)
            )
    device = SecondFactor.objects.get(user=request.user)
    context = {
        "form": form,
        "device": device,
        "codes_left": len(device.recovery_hashes),
        "required": second_factor_required(request.user),
    }
    return render(request, "accounts/second_factor.html", context)
