"""Figures as ECharts options, and the one page template for self-contained reports."""

from .data import ActorInfo, CohortCurve, CompareData, Difference, GameData, OfferInfo, Replies, ReportData
from .page import compare_report, game_report, report

__all__ = ["ActorInfo", "CohortCurve", "CompareData", "Difference", "GameData", "OfferInfo", "Replies", "ReportData", "compare_report",
           "game_report", "report"]
