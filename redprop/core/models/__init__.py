"""What several apps need: persons, import batches, jobs, holidays, files, notices, reported figures."""

from redprop.core.models.attachments import Attachment
from redprop.core.models.audit import AuditEntry
from redprop.core.models.burden import FormBurden
from redprop.core.models.calendar import Holiday
from redprop.core.models.exports import ExportFile, ExportLog
from redprop.core.models.figures import ReportedFigure
from redprop.core.models.imports import ImportBatch, ImportRow, ImportWrite
from redprop.core.models.jobs import Job
from redprop.core.models.matches import ImportMatch
from redprop.core.models.notifications import (
    Channel,
    Delivery,
    Gateway,
    NoticeKind,
    NoticeSettings,
    Notification,
    Pace,
)
from redprop.core.models.people import DistinctPersons, NumberOpening, Person
from redprop.core.models.profiles import MappingProfile
from redprop.core.models.reports import ScheduledReport
from redprop.core.models.saved_filters import SavedFilter

__all__ = [
    "Attachment",
    "AuditEntry",
    "Channel",
    "Delivery",
    "DistinctPersons",
    "ExportFile",
    "ExportLog",
    "FormBurden",
    "Gateway",
    "Holiday",
    "ImportBatch",
    "ImportMatch",
    "ImportRow",
    "ImportWrite",
    "Job",
    "MappingProfile",
    "NoticeKind",
    "NoticeSettings",
    "Notification",
    "NumberOpening",
    "Pace",
    "Person",
    "ReportedFigure",
    "SavedFilter",
    "ScheduledReport",
]
