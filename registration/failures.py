"""Reads: what went wrong lately in all offices' cases and all agents' calls about one person (REG-6, SUP-1)."""

from datetime import datetime
from uuid import UUID

from hsm.api import blind_index_candidates
from registration import sealing
from registration.models import ControlQuestion, ProofingCase, SupportCall
from registration.rules.questions import FAILURES_LAST, has_failed_lately
from registration.rules.support import CALL_LASTS


def has_failed_in_cases(cpr_number: str, *, but: UUID, now: datetime) -> bool:
    """Tell whether a person failed the control questions lately, in whichever office; the case ``but`` aside."""
    indexes = blind_index_candidates(cpr_number, purpose=sealing.CPR_NUMBER_INDEX)
    cases = ProofingCase.objects.filter(cpr_number_index__in=indexes, level_reached__isnull=True).exclude(pk=but)
    asked = ControlQuestion.objects.filter(case__in=cases)
    return has_failed_lately(wrong_answers=asked.filter(was_right=False, answered_at__gt=now - FAILURES_LAST).count())


def has_failed_in_calls(identity_id: UUID, *, but: UUID, now: datetime) -> bool:
    """Tell whether a caller failed the control questions lately, with whichever agent; the call ``but`` aside."""
    calls = SupportCall.objects.filter(identity_id=identity_id, identified_at__isnull=True).exclude(pk=but)
    asked = ControlQuestion.objects.filter(call__in=calls)
    return has_failed_lately(wrong_answers=asked.filter(was_right=False, answered_at__gt=now - FAILURES_LAST).count())


def wrong_numbers_about(identity_id: UUID, *, now: datetime) -> int:
    """Count the wrong document numbers that callers gave for an identity lately, with whichever agent.

    A number is of its call's first half hour: a call that was opened so much earlier still counts.
    """
    calls = SupportCall.objects.filter(identity_id=identity_id, opened_at__gt=now - FAILURES_LAST - CALL_LASTS)
    return sum(calls.values_list("wrong_numbers", flat=True))
