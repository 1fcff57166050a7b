"""Import and export on a register's page: upload, preview, confirm; exports with the list's filters.

Put `ImportExportMixin` in front of `RegisterAdmin`. `exchanged` names the registers of the page when
they are not just the one of its model (a compound's page also takes classes).
"""

from redprop.core.admin.export_views import ExportPages
from redprop.core.admin.import_acts import ImportActs
from redprop.core.admin.mapping_views import MappingPages
from redprop.core.admin.match_views import MatchPages


class ImportExportMixin(MatchPages, ImportActs, MappingPages, ExportPages):
    """Adds the pages to a `RegisterAdmin`."""
