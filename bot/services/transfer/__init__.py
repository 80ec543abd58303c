"""The catalogue into and out of files: CSV, XLSX and JSON."""

from bot.services.transfer.exporting import export_catalogue
from bot.services.transfer.importing import import_catalogue
from bot.services.transfer.reports import Report, complaints, counts, differences, verdict
from bot.services.transfer.runs import By

__all__ = [
    "By",
    "Report",
    "complaints",
    "counts",
    "differences",
    "export_catalogue",
    "import_catalogue",
    "verdict",
]
