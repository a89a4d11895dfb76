"""Figures as ECharts options, and the one page template for self-contained reports."""

from .data import (
    ActorInfo,
    CohortCurve,
    CompareData,
    DifferenceRow,
    EvidenceData,
    FigureCurve,
    OfferInfo,
    ReportData,
    Verdict,
)
from .page import compare_report, evidence_report, report

__all__ = [
    "ActorInfo",
    "CohortCurve",
    "CompareData",
    "DifferenceRow",
    "EvidenceData",
    "FigureCurve",
    "OfferInfo",
    "ReportData",
    "Verdict",
    "compare_report",
    "evidence_report",
    "report",
]
