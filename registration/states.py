"""Enumerations of the registration app, with the transitions that its states allow."""

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class OrganisationKind(TextChoices):
    """Who runs offices of the registration authority."""

    MUNICIPALITY = "municipality"
    BANK = "bank"


class OfficerRole(TextChoices):
    """What an officer may do in the backoffice. A person has at most one right of each role."""

    CLERK = "clerk"
    SUPPORT = "support"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    OPERATOR = "operator"


class OfficerRefusal(TextChoices):
    """Why an officer may not act (REG-10, REG-11)."""

    WRONG_ROLE = "wrong_role"
    ENDED = "ended"
    RIGHT_EXPIRED = "right_expired"
    AGREEMENT_EXPIRED = "agreement_expired"


class CasePurpose(TextChoices):
    """What an identity is proven for."""

    ISSUE = "issue"
    REOPEN = "reopen"
    NEW_AUTHENTICATOR = "new_authenticator"


class CaseState(TextChoices):
    """How far a proofing case is. EXAMINED: document and control questions have proven the identity."""

    OPEN = "open"
    EXAMINED = "examined"
    AWAITING_SECOND_OFFICER = "awaiting_second_officer"
    APPROVED = "approved"
    REFUSED = "refused"
    CANCELLED = "cancelled"


LIVE_CASE_STATES: Final = (CaseState.OPEN, CaseState.EXAMINED, CaseState.AWAITING_SECOND_OFFICER)
CASE_TRANSITIONS: Final[dict[CaseState, frozenset[CaseState]]] = {
    CaseState.OPEN: frozenset({CaseState.EXAMINED, CaseState.REFUSED, CaseState.CANCELLED}),
    CaseState.EXAMINED: frozenset(
        {CaseState.APPROVED, CaseState.AWAITING_SECOND_OFFICER, CaseState.REFUSED, CaseState.CANCELLED}
    ),
    CaseState.AWAITING_SECOND_OFFICER: frozenset({CaseState.APPROVED, CaseState.REFUSED, CaseState.CANCELLED}),
    CaseState.APPROVED: frozenset(),
    CaseState.REFUSED: frozenset(),
    CaseState.CANCELLED: frozenset(),
}


class PersonStatus(TextChoices):
    """What the civil register says of a person's whereabouts (REG-2)."""

    ALIVE = "alive"
    DEAD = "dead"
    DISAPPEARED = "disappeared"
    EMIGRATED = "emigrated"


class PersonRefusal(TextChoices):
    """Why a person cannot be served in a case."""

    UNKNOWN = "unknown"
    TOO_YOUNG = "too_young"
    DEAD = "dead"
    DISAPPEARED = "disappeared"
    OWN_IDENTITY = "own_identity"
    HAS_IDENTITY = "has_identity"
    HAS_NO_IDENTITY = "has_no_identity"
    NOT_BLOCKED = "not_blocked"
    IS_BLOCKED = "is_blocked"
    FAILED_LATELY = "failed_lately"


class EvidenceKind(TextChoices):
    """Documents of the table of REG-5."""

    PASSPORT_WITH_CPR = "passport_with_cpr"
    PASSPORT_WITHOUT_CPR = "passport_without_cpr"
    FOREIGN_PASSPORT = "foreign_passport"
    FOREIGN_NATIONAL_ID = "foreign_national_id"
    DRIVING_LICENCE = "driving_licence"
    RESIDENCE_PERMIT_WITH_PHOTO_AND_CPR = "residence_permit_with_photo_and_cpr"
    RESIDENCE_PERMIT_WITH_PHOTO = "residence_permit_with_photo"
    FOREIGN_MINISTRY_ID = "foreign_ministry_id"
    MUNICIPAL_ID = "municipal_id"
    HEALTH_CARD = "health_card"
    RESIDENCE_CERTIFICATE = "residence_certificate"
    BIRTH_CERTIFICATE = "birth_certificate"
    BAPTISM_CERTIFICATE = "baptism_certificate"
    PERSON_CERTIFICATE = "person_certificate"


class EvidenceCheck(TextChoices):
    """What was checked on a document (REG-4, REG-8)."""

    CHECK_DIGITS = "check_digits"
    UNEXPIRED = "unexpired"
    NOT_REPORTED = "not_reported"
    NAME_AGREES = "name_agrees"
    BIRTH_DATE_AGREES = "birth_date_agrees"
    CPR_NUMBER_AGREES = "cpr_number_agrees"
    PHOTO_COMPARED = "photo_compared"
    CHIP_VERIFIED = "chip_verified"


class QuestionTopic(TextChoices):
    """What a control question asks about; none of it stands in a passport (REG-3). The label is the question."""

    EARLIER_ADDRESS = "earlier_address", _("Where did you live before you moved to your present address?")
    MOVED_IN_YEAR = "moved_in_year", _("In which year did you move to your present address?")
    MUNICIPALITY_OF_BIRTH = "municipality_of_birth", _("In which municipality were you born?")
    MOTHERS_FIRST_NAME = "mothers_first_name", _("What is your mother's first name?")
    FATHERS_FIRST_NAME = "fathers_first_name", _("What is your father's first name?")
    CHILDREN_COUNT = "children_count", _("How many children do you have?")
    CHILDREN_BIRTH_YEARS = "children_birth_years", _("In which years were your children born?")
    SPOUSE_FIRST_NAME = "spouse_first_name", _("What is your spouse's first name?")
    MARRIED_YEAR = "married_year", _("In which year did you marry?")
    CHURCH_MEMBERSHIP = "church_membership", _("Are you a member of the national church?")


class Verdict(TextChoices):
    """How a round of control questions stands (REG-6)."""

    GOING = "going"
    ONE_MORE = "one_more"
    PASSED = "passed"
    FAILED = "failed"


class ContactStep(TextChoices):
    """The contacts that a first identity needs (ALR-1), as ``identities.ContactKind`` has them."""

    PHONE = "phone"
    EMAIL = "email"


class StockKind(TextChoices):
    """Devices that an office has in stock, as ``identities.AuthenticatorKind`` has them."""

    CODE_DISPLAY = "code_display"
    AUDIO_READER = "audio_code_reader"


class PaperKind(TextChoices):
    """What is activated with a code on paper alone, as ``identities.AuthenticatorKind`` has it."""

    APP = "app"
    CHIP = "chip"
    PASSWORD = "password"  # noqa: S105 - a kind, not a password


class StockState(TextChoices):
    """Where a device of an office's stock is."""

    IN_STOCK = "in_stock"
    HANDED_OUT = "handed_out"


class RefusalReason(TextChoices):
    """Why a case is refused; the citizen is told (REG-12)."""

    IDENTITY_IN_DOUBT = "identity_in_doubt"
    DOCUMENT_NOT_VALID = "document_not_valid"
    PHOTO_DIFFERS = "photo_differs"
    QUESTIONS_FAILED = "questions_failed"
    NOT_ENTITLED = "not_entitled"
    SUSPECTED_FRAUD = "suspected_fraud"


class LookReason(TextChoices):
    """Why a support agent looks at a citizen's identity (SUP-3)."""

    CALLER_WISHES_BLOCK = "caller_wishes_block"
    LOST_DEVICE = "lost_device"
    FORGOT_USER_ID = "forgot_user_id"
    UNEXPECTED_ALERT = "unexpected_alert"
    SUSPECTED_MISUSE = "suspected_misuse"
    QUESTION_ABOUT_LOGIN = "question_about_login"
    NEEDS_CODE = "needs_code"


class FoundBy(TextChoices):
    """What a support agent searched with."""

    USER_ID = "user_id"
    CPR_NUMBER = "cpr_number"


class LogRefusal(TextChoices):
    """Why an auditor may not search for this (REG-10)."""

    OWN_IDENTITY = "own_identity"
    OWN_ACTS = "own_acts"
