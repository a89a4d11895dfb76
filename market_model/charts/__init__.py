"""Figures as ECharts options, and the one page template for self-contained reports."""

from .data import ActorInfo, CohortCurve, CompareData, Difference, OfferInfo, ReportData
from .page import compare_report, report

__all__ = ["ActorInfo", "CohortCurve", "CompareData", "Difference", "OfferInfo", "ReportData", "compare_report", "report"]
