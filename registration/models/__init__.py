"""Rows of the registration authority and of support."""

from registration.models.call import SupportCall
from registration.models.case import CaseContact, ProofingCase, RefusalDecision
from registration.models.evidence import Evidence
from registration.models.officer import Officer
from registration.models.organisation import Office, RaOrganisation
from registration.models.question import ControlQuestion
from registration.models.stock import PaperCode, StockItem

__all__ = [
    "CaseContact",
    "ControlQuestion",
    "Evidence",
    "Office",
    "Officer",
    "PaperCode",
    "ProofingCase",
    "RaOrganisation",
    "RefusalDecision",
    "StockItem",
    "SupportCall",
]
