"""Addresses of the desk."""

from django.urls import path, register_converter

from redprop.desk.views import (
    burden,
    commitments,
    council_form,
    council_work,
    councils,
    exports,
    handling,
    home,
    household_help,
    meeting_form,
    meetings,
    notices,
    requests,
    scores,
    slices,
    visits,
    volunteers,
)

app_name = "desk"


class PaperForm:
    """The forms that minutes come in."""

    regex = "docx|pdf"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(PaperForm, "paperform")

urlpatterns = [
    path("", home.home, name="home"),
    path("meetings/", meetings.board, name="meetings"),
    path("meetings/<int:pk>/", meetings.minutes, name="meeting"),
    path("meetings/<int:pk>/submit/", meetings.submit, name="meeting-submit"),
    path("meetings/<int:pk>/accept/", meetings.accept, name="meeting-accept"),
    path("meetings/<int:pk>/return/", meetings.send_back, name="meeting-return"),
    path("meetings/<int:pk>/addenda/", meetings.add, name="meeting-add"),
    path("meetings/<int:pk>/minutes.<paperform:form>", meetings.paper, name="meeting-paper"),
    path("meetings/<int:pk>/scans/", meetings.add_scan, name="meeting-add-scan"),
    path("meetings/<int:pk>/scans/<int:scan>/", meetings.scan, name="meeting-scan"),
    path("meetings/<int:pk>/scans/<int:scan>/remove/", meetings.remove_scan, name="meeting-remove-scan"),
    path("communities/<int:pk>/meetings/<str:month>/", meeting_form.edit, name="meeting-edit"),
    path("councils/", councils.listing, name="councils"),
    path("councils/new/", council_form.convene, name="council-new"),
    path("councils/resolutions/", councils.resolutions, name="council-resolutions"),
    path("councils/resolutions/<int:pk>/correct/", councils.correct, name="council-correct"),
    path("councils/resolutions/<int:pk>/withdraw/", councils.withdraw, name="council-withdraw"),
    path("councils/topics/", council_work.topics, name="council-topics"),
    path("councils/topics/<int:pk>/<slug:state>/", council_work.decide, name="council-decide"),
    path("councils/people/", council_work.people, name="council-people"),
    path("councils/people/<int:pk>/end/", council_work.end_term, name="council-end-term"),
    path("councils/follow-ups/", council_work.follow_ups, name="council-follow-ups"),
    path("councils/follow-ups/<int:pk>/", council_work.follow_up, name="council-follow-up"),
    path("councils/follow-ups/<int:pk>/photo/", council_work.photo, name="council-photo"),
    path("councils/follow-ups/<int:pk>/<slug:step>/", council_work.act, name="council-act"),
    path("councils/<int:pk>/", councils.detail, name="council"),
    path("councils/<int:pk>/edit/", council_form.edit, name="council-edit"),
    path("councils/<int:pk>/drop/", council_form.drop, name="council-drop"),
    path("councils/<int:pk>/minutes.<paperform:form>", councils.paper, name="council-paper"),
    path("burden/", burden.listing, name="burden"),
    path("commitments/", commitments.listing, name="commitments"),
    path("commitments/<int:pk>/", commitments.detail, name="commitment"),
    path("commitments/<int:pk>/photos/<int:photo>/", commitments.photo, name="commitment-photo"),
    path("commitments/<int:pk>/<slug:step>/", commitments.act, name="commitment-act"),
    path("exports/", exports.files, name="exports"),
    path("exports/<int:pk>/", exports.file, name="export-file"),
    path("exports/<int:pk>/cancel/", exports.cancel, name="export-cancel"),
    path("exports/<int:pk>/remove/", exports.remove, name="export-remove"),
    path("exports/<slug:name>.<slug:ending>", exports.export, name="export"),
    path("notices/", notices.listing, name="notices"),
    path("notices/read/", notices.read_all, name="notices-read"),
    path("notices/choices/", notices.choices, name="notice-choices"),
    path("notices/<int:pk>/", notices.open_one, name="notice-open"),
    path("reports/", exports.scheduled, name="reports"),
    path("reports/new/", exports.new_report, name="report-new"),
    path("reports/<int:pk>/<slug:step>/", exports.change_report, name="report-act"),
    path("requests/", requests.listing, name="requests"),
    path("requests/new/", requests.new, name="request-new"),
    path("requests/photos/", requests.photos, name="request-photos"),
    path("requests/photos/<int:pk>/", requests.photo_decide, name="request-photo-decide"),
    path("requests/<int:pk>/", requests.detail, name="request"),
    path("requests/<int:pk>/slip/", requests.slip, name="request-slip"),
    path("requests/<int:pk>/photos/<int:photo>/", requests.photo, name="request-photo"),
    path("requests/<int:pk>/<slug:step>/", requests.act, name="request-act"),
    path("compounds/<int:pk>/poster.pdf", requests.poster, name="compound-poster"),
    path("orders/", handling.orders, name="orders"),
    path("orders/<int:pk>/", handling.order, name="order"),
    path("orders/<int:pk>/order.<paperform:form>", handling.paper_of_order, name="order-paper"),
    path("exclusions/", handling.excluded, name="exclusions"),
    path("exclusions/<int:pk>/decide/", handling.decide, name="exclusion-decide"),
    path("exclusions/requests/<int:pk>/", handling.exclude_request, name="request-exclude"),
    path("scores/", scores.listing, name="scores"),
    path("scores/<int:pk>/", scores.card, name="score"),
    path("scores/<int:pk>/object/", scores.object_to, name="score-object"),
    path("scores/<int:pk>/lines/<slug:item>/", scores.facts, name="score-facts"),
    path("subsidies/", slices.listing, name="slices"),
    path("subsidies/<int:pk>/", slices.detail, name="slice"),
    path("subsidies/<int:pk>/review/", slices.review, name="slice-review"),
    path("subsidies/<int:pk>/return/", slices.send_back, name="slice-return"),
    path("subsidies/<int:pk>/hold/", slices.hold, name="slice-hold"),
    path("help/", household_help.listing, name="help"),
    path("help/new/", household_help.new, name="help-new"),
    path("help/<int:pk>/", household_help.row, name="help-row"),
    path("volunteers/", volunteers.teams, name="volunteers"),
    path("volunteers/new/", volunteers.edit_team, name="volunteer-team-new"),
    path("volunteers/<int:pk>/", volunteers.team, name="volunteer-team"),
    path("volunteers/<int:pk>/edit/", volunteers.edit_team, name="volunteer-team-edit"),
    path("volunteers/activities/", volunteers.activities, name="volunteer-activities"),
    path("volunteers/activities/new/", volunteers.new_activity, name="volunteer-activity-new"),
    path("volunteers/activities/<int:pk>/", volunteers.activity, name="volunteer-activity"),
    path("visits/", visits.listing, name="visits"),
    path("visits/new/", visits.edit, name="visit-new"),
    path("visits/needs/", visits.needs, name="visit-needs"),
    path("visits/<int:pk>/", visits.detail, name="visit"),
    path("visits/<int:pk>/edit/", visits.edit, name="visit-edit"),
    path("visits/<int:pk>/request/", visits.raise_request, name="visit-raise"),
    path("visits/<int:pk>/withdraw/", visits.withdraw, name="visit-withdraw"),
]
