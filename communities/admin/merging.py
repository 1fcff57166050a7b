"""Pages of possible doubles and of merging two compounds; both lead to `services.merges`, nothing is decided here."""

import hashlib
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from communities.doubles import pairs_of, with_rows
from communities.merging import plan_merge
from communities.merging.plan import FIELDS, GONE, HISTORIES
from communities.models import Compound, CompoundAlias, CompoundPlacement, DistinctCompounds
from communities.services.merges import check_pair, mark_distinct, may_merge, merge_compounds, unmark_distinct
from redprop.areas.models import District, Subdistrict
from redprop.common.errors import Refused
from redprop.common.text import normalise
from redprop.core.admin.base import districts_of, today_of

PAIRS_A_PAGE = 20
AT_ONCE = 3_000
"""Up to so many compounds the worklist is of the whole district, above of one subdistrict at a time."""
A_DAY = 24 * 3600


class MergePages:
    """Adds the worklist of possible doubles and the page of a merge to the register of compounds."""

    def get_urls(self) -> list[Any]:
        """Return the two addresses in front of the usual ones."""
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        return [
            path("doubles/", wrap(self.doubles_view), name="communities_compound_doubles"),
            path("merge/", wrap(self.merge_view), name="communities_compound_merge"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with the way to the doubles."""
        more = {"doubles_url": reverse("admin:communities_compound_doubles"), **(extra_context or {})}
        return super().changelist_view(request, more)  # type: ignore[misc,no-any-return]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of a compound; that of one merged away leads to the one that was kept."""
        if object_id.isdecimal() and request.user.has_perm("communities.view_compound"):
            gone = Compound.objects.in_reach(request.user).filter(merged_into__isnull=False, pk=object_id)
            if found := gone.select_related("merged_into").first():
                assert found.merged_into is not None
                messages.info(request, _merged_sentence(found))
                address = reverse("admin:communities_compound_change", args=[found.merged_into_id])
                return HttpResponseRedirect(address)
        return super().change_view(request, object_id, form_url, extra_context)  # type: ignore[misc,no-any-return]

    # Possible doubles

    def doubles_view(self, request: HttpRequest) -> HttpResponse:
        """Show pairs that look alike, or those found to be two; a POST says so, or takes it back."""
        district = self._district(request)
        if request.method == "POST":
            return self._decide(request)
        day = today_of(request)
        shown = "two" if request.GET.get("show") == "two" else "open"
        streets = list(Subdistrict.objects.filter(district=district).order_by("code"))
        chosen = next((one for one in streets if str(one.pk) == request.GET.get("subdistrict")), None)
        mine = Compound.objects.for_user(request.user).registered_on(day).filter(district=district)
        if chosen is not None:
            placed = CompoundPlacement.objects.on(day).filter(community__subdistrict=chosen)
            mine = mine.filter(pk__in=placed.values("compound"))
        reach = list(mine.order_by("pk").values_list("pk", flat=True))
        must_choose = chosen is None and len(reach) > AT_ONCE
        found: list[Any] = []
        if shown == "open" and not must_choose:
            # whoever reaches the same compounds sees the same pairs
            same = hashlib.sha256(repr(reach).encode()).hexdigest()[:16]
            key = f"doubles:{district.pk}:{same}:{day}:{get_language()}:{_stamp(district)}"
            found = cache.get(key)
            if found is None:
                found = pairs_of(district=district, compounds=mine, day=day)
                cache.set(key, found, A_DAY)
        two = DistinctCompounds.objects.for_user(request.user).filter(one__district=district)
        page = Paginator(
            found if shown == "open" else two.select_related("one", "other").order_by("-pk"), PAIRS_A_PAGE
        ).get_page(request.GET.get("page"))
        return self._merge_page(
            request,
            "admin/communities/doubles.html",
            title=_("Possible doubles"),
            pairs=with_rows(list(page.object_list), day) if shown == "open" else [],
            two=page.object_list if shown == "two" else [],
            page=page,
            shown=shown,
            counts={"open": len(found), "two": two.count()},
            streets=streets,
            chosen=chosen,
            must_choose=must_choose,
        )

    def _decide(self, request: HttpRequest) -> HttpResponse:
        reach = Compound.objects.for_user(request.user)
        one, other = (get_object_or_404(reach, pk=_number(request.POST.get(n))) for n in ("one", "other"))
        user: Any = request.user
        try:
            if "again" in request.POST:
                unmark_distinct(one=one, other=other, acting_user=user)
                messages.success(
                    request, _("%(one)s and %(other)s are open again.") % {"one": one, "other": other}
                )
            else:
                mark_distinct(one=one, other=other, acting_user=user)
                messages.success(
                    request,
                    _("%(one)s and %(other)s are two compounds. They are not proposed again.")
                    % {"one": one, "other": other},
                )
        except Refused as refused:
            messages.error(request, str(refused))
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return HttpResponseRedirect(reverse("admin:communities_compound_doubles") + query)

    # One merge

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Show what merging two compounds would do; a POST that has seen it does it."""
        self._district(request)
        sent = request.POST if request.method == "POST" else request.GET
        refusal = ""
        kept, gone = (self._named(request, sent.get(name, "")) for name in ("kept", "gone"))
        missing = [sent.get(n, "") for n, one in (("kept", kept), ("gone", gone)) if one is None]
        values = {name: GONE for name in (*FIELDS, *HISTORIES) if sent.get(f"value-{name}") == GONE}
        plan = None
        if missing:
            if any(missing):
                refusal = _("No compound has the code %(code)s. Correct it.") % {"code": "、".join(missing)}
        else:
            assert kept is not None
            assert gone is not None
            try:
                check_pair(kept, gone)
                plan = plan_merge(kept=kept, gone=gone, values=values)
            except Refused as refused:
                refusal = str(refused)
        reason = sent.get("reason", "")
        if request.method == "POST" and plan is not None:
            if not may_merge(request.user):  # type: ignore[arg-type]
                raise PermissionDenied
            if sent.get("seal") != plan.seal():
                refusal = _("This is what would be written now. Look at it again, then confirm.")
            else:
                try:
                    merge = merge_compounds(
                        kept=plan.kept,
                        gone=plan.gone,
                        reason=reason,
                        values=values,
                        seal=sent.get("seal"),
                        acting_user=request.user,  # type: ignore[arg-type]
                    )
                except Refused as refused:
                    refusal = str(refused)
                else:
                    messages.success(
                        request,
                        _(
                            "%(gone)s is now %(kept)s. The public page of the old code leads there from tonight on."
                        )
                        % {"gone": _text(merge.gone), "kept": _text(merge.kept)},
                    )
                    return HttpResponseRedirect(reverse("admin:communities_compoundmerge_changelist"))
        return self._merge_page(
            request,
            "admin/communities/merge.html",
            title=_("Merge two compounds"),
            plan=plan,
            kept=kept,
            gone=gone,
            kept_code=sent.get("kept", ""),
            gone_code=sent.get("gone", ""),
            reason=reason,
            refusal=refusal,
            seal=plan.seal() if plan else "",
        )

    def _named(self, request: HttpRequest, code: str) -> Compound | None:
        """The compound of a code within the user's reach; merged ones too, so that a sentence can say so."""
        code = normalise(code)
        if not code:
            return None
        rows = Compound.objects.in_reach(request.user).select_related("district", "merged_into")
        return rows.filter(code__iexact=code, district__in=districts_of(request)).first()

    def _district(self, request: HttpRequest) -> District:
        if not request.user.has_perms(["communities.view_compound", "communities.view_compoundmerge"]):
            raise PermissionDenied
        districts = districts_of(request)
        if not districts:
            raise PermissionDenied
        wanted = request.GET.get("district")
        return next((one for one in districts if one.code == wanted), districts[0])

    def _merge_page(self, request: HttpRequest, template: str, **more: Any) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "list_url": reverse("admin:communities_compound_changelist"),
            "doubles_url": reverse("admin:communities_compound_doubles"),
            "merge_url": reverse("admin:communities_compound_merge"),
            "merges_url": reverse("admin:communities_compoundmerge_changelist"),
            "may": may_merge(request.user),  # type: ignore[arg-type]
            **more,
        }
        return TemplateResponse(request, template, context)


def _number(text: str | None) -> int:
    if text and text.isdecimal() and len(text) < 12:
        return int(text)
    raise Http404


def _text(compound: Compound) -> str:
    return f"{compound.code} {compound.name}"


def _merged_sentence(gone: Compound) -> str:
    assert gone.merged_into is not None
    return _("%(gone)s was merged into %(kept)s “%(name)s”; this is its page.") % {
        "gone": gone.code,
        "kept": gone.merged_into.code,
        "name": gone.merged_into.name,
    }


def _stamp(district: District) -> str:
    """Changes when a compound, a name, a placement or a decision changes: then pairs are looked for anew."""
    parts = []
    for model in (Compound, CompoundAlias, CompoundPlacement, DistinctCompounds):
        events = model.pgh_event_model  # type: ignore[union-attr]
        parts += [
            model._default_manager.aggregate(m=Max("pk"))["m"],
            events.objects.aggregate(m=Max("pgh_id"))["m"],
        ]
    return "-".join(str(part) for part in parts)
