"""What the sealed columns and look-ups of this app are bound to: one purpose a column."""

from typing import Final

CPR_NUMBER: Final = "case.cpr_number"
CPR_NUMBER_INDEX: Final = "case.cpr_number_index"
PERSON: Final = "case.person"
EXPECTED_ANSWER: Final = "control_question.expected"
DOCUMENT_NUMBER: Final = "evidence.number"
