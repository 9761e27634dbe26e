"""What officers read, one mapping for each enumeration."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from django.utils.translation import gettext_lazy as _

from identities.api import (
    AppPlatform,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    AuthenticatorState,
    BlockReason,
    BlockSource,
    ChangeField,
    CodeNotGivenReason,
    CodeRefusal,
    ContactKind,
    IdentityState,
    UserIdRefusal,
)
from notifications.api import Language
from registration.rules.case import StepRefusal
from registration.rules.mrz import MrzFault
from registration.rules.progress import CaseStep
from registration.rules.support import SupportRefusal
from registration.states import (
    CasePurpose,
    CaseState,
    EvidenceCheck,
    EvidenceKind,
    FoundBy,
    LookReason,
    OfficerRole,
    PaperKind,
    PersonRefusal,
    RefusalReason,
    StockKind,
)
from registration.usecases.hand_out_device import HandOutRefusal
from registration.usecases.record_passport import PassportRefusal

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Text: TypeAlias = "StrOrPromise"

LANGUAGES: Final[Mapping[Language, Text]] = {Language.DA: _("Danish"), Language.EN: _("English")}
ROLES: Final[Mapping[OfficerRole, Text]] = {
    OfficerRole.CLERK: _("RA clerk"),
    OfficerRole.SUPPORT: _("Support agent"),
    OfficerRole.ADMINISTRATOR: _("RA administrator"),
    OfficerRole.AUDITOR: _("Auditor"),
    OfficerRole.OPERATOR: _("Operator"),
}
PURPOSES: Final[Mapping[CasePurpose, Text]] = {
    CasePurpose.ISSUE: _("A first identity"),
    CasePurpose.REOPEN: _("Reopen a blocked identity"),
    CasePurpose.NEW_AUTHENTICATOR: _("A further or new authenticator, or something to be blocked"),
}
CASE_STATES: Final[Mapping[CaseState, Text]] = {
    CaseState.OPEN: _("Open"),
    CaseState.EXAMINED: _("Identity proven"),
    CaseState.AWAITING_SECOND_OFFICER: _("Waits for a second officer"),
    CaseState.APPROVED: _("Approved"),
    CaseState.REFUSED: _("Refused"),
    CaseState.CANCELLED: _("Given up"),
}
CASE_STEPS: Final[Mapping[CaseStep, Text]] = {
    CaseStep.PERSON: _("Person"),
    CaseStep.DOCUMENT: _("Passport"),
    CaseStep.QUESTIONS: _("Control questions"),
    CaseStep.CONTACTS: _("Phone and e-mail"),
    CaseStep.ISSUE: _("Issue"),
    CaseStep.REOPEN: _("Reopen"),
    CaseStep.SECOND: _("Second officer"),
    CaseStep.APPROVE: _("Approve"),
    CaseStep.DEVICE: _("Hand out"),
}
FAILED_LATELY: Final = _(
    "In another case about this person, control questions were answered wrongly within the last 24 hours. "
    "The person can be served a day later."
)
CLOCK_NOT_FOUND: Final = _(
    "The two codes are not two in a row of an active code device of this person. Wait for a new code and try again; "
    "if it fails again, hand out another device."
)
NEVER_BY_SMS: Final = _("A code for the app or for a chip is never sent by SMS: what goes with it may come that way.")
PERSON_REFUSALS: Final[Mapping[PersonRefusal, Text]] = {
    PersonRefusal.UNKNOWN: _("The civil register knows nobody with this CPR number."),
    PersonRefusal.TOO_YOUNG: _("The person is under 13 and cannot have an identity yet."),
    PersonRefusal.DEAD: _("The civil register says that the person is dead."),
    PersonRefusal.DISAPPEARED: _("The civil register says that the person has disappeared."),
    PersonRefusal.OWN_IDENTITY: _("This is your own CPR number. Another officer must serve you."),
    PersonRefusal.HAS_IDENTITY: _(
        "The person has an identity already. Open a case for reopening when it is blocked, or for a new authenticator."
    ),
    PersonRefusal.HAS_NO_IDENTITY: _("The person has no identity yet."),
    PersonRefusal.NOT_BLOCKED: _("The person's identity is not blocked."),
    PersonRefusal.IS_BLOCKED: _("The person's identity is blocked. Open a case for reopening."),
    PersonRefusal.FAILED_LATELY: FAILED_LATELY,
}
MRZ_FAULTS: Final[Mapping[MrzFault, Text]] = {
    MrzFault.LENGTH: _("The line must have 44 characters."),
    MrzFault.CHARACTER: _("The line has only the letters A-Z, digits and the sign <."),
    MrzFault.NO_PASSPORT: _("The first line of a passport begins with P."),
    MrzFault.NAME: _("The name cannot be read. Compare it with the passport, sign by sign."),
    MrzFault.NUMBER_DIGIT: _("The passport number and its check digit do not go together."),
    MrzFault.BIRTH_DATE_DIGIT: _("The birth date and its check digit do not go together."),
    MrzFault.EXPIRY_DIGIT: _("The expiry date and its check digit do not go together."),
    MrzFault.PERSONAL_NUMBER_DIGIT: _("The CPR number and its check digit do not go together."),
    MrzFault.COMPOSITE_DIGIT: _("The last check digit does not go with the line."),
    MrzFault.DATE: _("A date in the line does not exist."),
}
PASSPORT_REFUSALS: Final[Mapping[PassportRefusal, Text]] = {
    PassportRefusal.TEMPORARY: _("An emergency passport does not count."),
    PassportRefusal.EXPIRED: _("The passport has expired."),
    PassportRefusal.REPORTED: _("The passport is reported lost or stolen. Keep it and call the police."),
    PassportRefusal.NAME_DIFFERS: _("The name in the passport is not the one in the civil register."),
    PassportRefusal.BIRTH_DATE_DIFFERS: _("The birth date in the passport is not the one in the civil register."),
    PassportRefusal.CPR_NUMBER_DIFFERS: _("The CPR number in the passport is not the one of this case."),
    PassportRefusal.NEEDS_SECOND_PAPER: _("A passport without CPR number is not enough alone."),
}
NOTED: Final = _("The identity was blocked already. The new reason was noted, and the citizen has been told of it.")
STEP_REFUSALS: Final[Mapping[StepRefusal, Text]] = {
    StepRefusal.NOT_OPEN: _("The case is not open for this any more."),
    StepRefusal.NOT_LOOKED_UP: _("Look the person up in the civil register first."),
    StepRefusal.NO_DOCUMENT: _("Record a document first."),
    StepRefusal.DOCUMENT_STANDS: _("A document is on record already. Open a new case for somebody else."),
    StepRefusal.QUESTIONS_ASKED: _("The control questions have been asked already."),
    StepRefusal.TOO_FEW_FACTS: _("The civil register knows too little of the person for control questions."),
    StepRefusal.ALREADY_ANSWERED: _("This question has been answered already."),
    StepRefusal.NOT_EXAMINED: _("The identity is not proven yet."),
    StepRefusal.TOO_OLD: _("The case is more than a day old. Open a new one while the person is here."),
    StepRefusal.WRONG_PURPOSE: _("The case was opened for something else."),
    StepRefusal.SAME_OFFICER: _("You approved this case yourself. Another officer must look at it."),
    StepRefusal.OWN_IDENTITY: _("This is your own identity. Another officer must serve you."),
    StepRefusal.NOT_AWAITING: _("The case does not wait for a second officer."),
    StepRefusal.NOT_BLOCKED: _("The identity is not blocked any more."),
    StepRefusal.IS_BLOCKED: _("The identity is blocked. Open a case for reopening."),
    StepRefusal.BLOCKED_SINCE: _(
        "The identity was blocked after the person was proven in this case. Open a new case while the person is here."
    ),
    StepRefusal.NOTHING_TO_BLOCK: _("There is nothing here that could be blocked any more."),
    StepRefusal.ALREADY_BLOCKED: _("The registration authority has blocked this identity already."),
    StepRefusal.CLOCK_NOT_FOUND: CLOCK_NOT_FOUND,
    StepRefusal.NOT_SUSPENDED: _("It is not suspended any more."),
    StepRefusal.SUSPECTED_FRAUD: _("It was suspended for suspected fraud. Block it, and hand out a new one."),
    StepRefusal.NOT_APPROVED: _("Nothing can be handed out before the case is approved."),
    StepRefusal.NO_CODE: _("Send a code first."),
    StepRefusal.QUESTIONS_FAILED: _("Too few control questions were answered rightly. The case can only be refused."),
    StepRefusal.FAILED_LATELY: FAILED_LATELY,
}
USER_ID_REFUSALS: Final[Mapping[UserIdRefusal, Text]] = {
    UserIdRefusal.TOO_SHORT: _("A user ID has at least 5 characters."),
    UserIdRefusal.TOO_LONG: _("A user ID has at most 48 characters."),
    UserIdRefusal.WRONG_CHARACTER: _(
        "A user ID has the letters a-z, æ, ø and å, digits, spaces and { } ! # $ ^ , * ( ) _ + - = : ; ? . @"
    ),
    UserIdRefusal.OUTER_SPACE: _("A user ID cannot begin or end with a space."),
    UserIdRefusal.TEN_DIGITS: _("A user ID cannot be ten digits."),
    UserIdRefusal.CPR_NUMBER: _("The CPR number cannot be in the user ID."),
    UserIdRefusal.PERSONAL: _("The user ID cannot be built from name, birth date, phone or e-mail."),
    UserIdRefusal.TAKEN: _("The user ID is taken. Choose another."),
    UserIdRefusal.UNCHANGED: _("That is the user ID already."),
}
CONTACT_KINDS: Final[Mapping[ContactKind, Text]] = {
    ContactKind.PHONE: _("Phone number"),
    ContactKind.EMAIL: _("E-mail address"),
}
NEW_CONTACT_KINDS: Final[Mapping[ContactKind, Text]] = {
    ContactKind.PHONE: _("New phone number"),
    ContactKind.EMAIL: _("New e-mail address"),
}
CONTACTS_MISSING: Final[Mapping[ContactKind, Text]] = {
    ContactKind.PHONE: _("The phone number is not proven yet."),
    ContactKind.EMAIL: _("The e-mail address is not proven yet."),
}
CODE_REFUSALS: Final[Mapping[CodeRefusal, Text]] = {
    CodeRefusal.WRONG: _("The code is wrong."),
    CodeRefusal.EXPIRED: _("The code has run out. Send a new one."),
    CodeRefusal.DEAD: _("The code does not work any more. Send a new one."),
}
HAND_OUT_REFUSALS: Final[Mapping[HandOutRefusal, Text]] = {
    HandOutRefusal.NOT_IN_STOCK: _("There is no device with this number in your office's stock."),
    HandOutRefusal.IDENTITY_BLOCKED: _("The identity is blocked. Nothing can be handed out."),
    HandOutRefusal.OTHER_HALF: _(
        "A code for a chip was given on paper within the last five days. The device brings a password with it, and one "
        "visit never gives both. Let the person come back later."
    ),
    HandOutRefusal.NOT_USABLE: _("This device cannot be used. Take another, and put this one aside."),
}
CODES_NOT_GIVEN: Final[Mapping[CodeNotGivenReason, Text]] = {  # at the desk
    CodeNotGivenReason.BLOCKED: _("The identity is blocked. Nothing can be handed out."),
    CodeNotGivenReason.NO_PHONE: _("The person has no phone number on record, and the app needs a code by SMS."),
    CodeNotGivenReason.PHONE_TOO_NEW: _(
        "The phone number was registered or changed less than 120 hours ago, or would still be so new. No code for the "
        "app can be given yet. Hand out a code display or an audio code reader, or let the person come again."
    ),
    CodeNotGivenReason.AT_MOST: _(
        "The person has as many of these as there may be. Open a new case, and block one first."
    ),
    CodeNotGivenReason.NO_DEVICE: _("No code device waits to be activated by this person."),
    CodeNotGivenReason.SAME_CHANNEL: NEVER_BY_SMS,
    CodeNotGivenReason.NEEDS_PASSWORD: _(
        "The person has no password that a chip could go with. Give a code for a new password today; with it and the "
        "app or a code device the person can add the chip in self-service, or come back for a code in five days."
    ),
    CodeNotGivenReason.OTHER_HALF: _(
        "What goes with this was given on paper within the last five days, and one visit never gives both. The person "
        "can add a chip in self-service, or come back later. Support can send a code for a new password."
    ),
    CodeNotGivenReason.TOO_MANY_CODES: _("Too many codes were sent to this phone or person lately."),
    CodeNotGivenReason.SUSPENDED: _(
        "The password was suspended by somebody else than the person. Reopen it, or block it, in a new case first."
    ),
}
AUTHENTICATORS: Final[Mapping[AuthenticatorKind, Text]] = {
    AuthenticatorKind.APP: _("App"),
    AuthenticatorKind.CODE_DISPLAY: _("Code display"),
    AuthenticatorKind.AUDIO_READER: _("Audio code reader"),
    AuthenticatorKind.CHIP: _("Chip"),
    AuthenticatorKind.PASSWORD: _("Password"),
}
AUTHENTICATOR_STATES: Final[Mapping[AuthenticatorState, Text]] = {
    AuthenticatorState.ACTIVE: _("active"),
    AuthenticatorState.SUSPENDED: _("suspended"),
    AuthenticatorState.BLOCKED: _("blocked"),
}
PLATFORMS: Final[Mapping[str, Text]] = {
    AppPlatform.ANDROID.value: _("Android phone"),
    AppPlatform.IPHONE.value: _("iPhone"),
    AppPlatform.COMPUTER.value: _("computer"),
    AppPlatform.OTHER.value: _("another device"),
}
AUTHENTICATOR_BLOCK_REASONS: Final[Mapping[AuthenticatorBlockReason, Text]] = {  # those that a person can give
    AuthenticatorBlockReason.OWN_WISH: _("The person's own wish"),
    AuthenticatorBlockReason.LOST_DEVICE: _("A device is lost"),
    AuthenticatorBlockReason.SUSPECTED_MISUSE: _("Suspected misuse"),
}
STOCK_KINDS: Final[Mapping[StockKind, Text]] = {
    StockKind.CODE_DISPLAY: _("Code display"),
    StockKind.AUDIO_READER: _("Audio code reader"),
}
PAPER_KINDS: Final[Mapping[PaperKind, Text]] = {
    PaperKind.APP: _("Code for the app"),
    PaperKind.CHIP: _("Code for a chip"),
    PaperKind.PASSWORD: _("Code for a new password"),
}
SENT_KINDS: Final[Mapping[AuthenticatorKind, Text]] = {  # what support sends a code for (SUP-2, SEC-5, ADR 0111)
    AuthenticatorKind.PASSWORD: _("A new password"),
    AuthenticatorKind.CODE_DISPLAY: _("The code display that was handed to the caller"),
    AuthenticatorKind.AUDIO_READER: _("The audio code reader that was handed to the caller"),
}
EVIDENCE_KINDS: Final[Mapping[EvidenceKind, Text]] = {
    EvidenceKind.PASSPORT_WITH_CPR: _("Passport with CPR number"),
    EvidenceKind.PASSPORT_WITHOUT_CPR: _("Passport without CPR number"),
    EvidenceKind.FOREIGN_PASSPORT: _("Foreign passport"),
    EvidenceKind.FOREIGN_NATIONAL_ID: _("Foreign national identity card"),
    EvidenceKind.DRIVING_LICENCE: _("Driving licence"),
    EvidenceKind.RESIDENCE_PERMIT_WITH_PHOTO_AND_CPR: _("Residence permit with photo and CPR number"),
    EvidenceKind.RESIDENCE_PERMIT_WITH_PHOTO: _("Residence permit with photo"),
    EvidenceKind.FOREIGN_MINISTRY_ID: _("Identity card of the Ministry of Foreign Affairs"),
    EvidenceKind.MUNICIPAL_ID: _("Municipal identity card"),
    EvidenceKind.HEALTH_CARD: _("Health card"),
    EvidenceKind.RESIDENCE_CERTIFICATE: _("Residence certificate"),
    EvidenceKind.BIRTH_CERTIFICATE: _("Birth certificate"),
    EvidenceKind.BAPTISM_CERTIFICATE: _("Baptism certificate"),
    EvidenceKind.PERSON_CERTIFICATE: _("Person certificate"),
}
EVIDENCE_CHECKS: Final[Mapping[EvidenceCheck, Text]] = {
    EvidenceCheck.CHECK_DIGITS: _("check digits"),
    EvidenceCheck.UNEXPIRED: _("not expired"),
    EvidenceCheck.NOT_REPORTED: _("not reported lost or stolen"),
    EvidenceCheck.NAME_AGREES: _("name as in the civil register"),
    EvidenceCheck.BIRTH_DATE_AGREES: _("birth date as in the civil register"),
    EvidenceCheck.CPR_NUMBER_AGREES: _("CPR number as in the civil register"),
    EvidenceCheck.PHOTO_COMPARED: _("photo compared with the person"),
    EvidenceCheck.CHIP_VERIFIED: _("chip verified"),
}
REFUSAL_REASONS: Final[Mapping[RefusalReason, Text]] = {
    RefusalReason.IDENTITY_IN_DOUBT: _("We could not be sure who you are."),
    RefusalReason.DOCUMENT_NOT_VALID: _("The document you showed is not valid for this."),
    RefusalReason.PHOTO_DIFFERS: _("The photo in the document could not be recognised as you."),
    RefusalReason.QUESTIONS_FAILED: _("Too few control questions were answered rightly."),
    RefusalReason.NOT_ENTITLED: _("You do not meet the conditions for an identity."),
    RefusalReason.SUSPECTED_FRAUD: _("There is a suspicion of fraud."),
}
LOOK_REASONS: Final[Mapping[LookReason, Text]] = {
    LookReason.CALLER_WISHES_BLOCK: _("The caller wants to block"),
    LookReason.LOST_DEVICE: _("A device is lost"),
    LookReason.FORGOT_USER_ID: _("The user ID is forgotten"),
    LookReason.UNEXPECTED_ALERT: _("An alert that the caller does not know of"),
    LookReason.SUSPECTED_MISUSE: _("Suspected misuse"),
    LookReason.QUESTION_ABOUT_LOGIN: _("A question about logging in"),
    LookReason.NEEDS_CODE: _("An activation code or a temporary PIN is needed"),
}
FOUND_BY: Final[Mapping[FoundBy, Text]] = {FoundBy.USER_ID: _("User ID"), FoundBy.CPR_NUMBER: _("CPR number")}
BLOCK_REASONS: Final[Mapping[BlockReason, Text]] = {  # those that a caller can give
    BlockReason.OWN_WISH: _("The caller's own wish"),
    BlockReason.LOST_DEVICE: _("A device is lost"),
    BlockReason.SUSPECTED_MISUSE: _("Suspected misuse"),
    BlockReason.UNEXPECTED_ALERT: _("An alert that the caller does not know of"),
}
BLOCK_SOURCES: Final[Mapping[BlockSource, Text]] = {
    BlockSource.CITIZEN: _("the citizen"),
    BlockSource.ALERT_HOLDER: _("a reply to an alert"),
    BlockSource.SUPPORT: _("support"),
    BlockSource.RA: _("the registration authority"),
    BlockSource.REGISTER: _("the civil register"),
    BlockSource.FRAUD: _("suspected fraud"),
}
IDENTITY_STATES: Final[Mapping[IdentityState, Text]] = {
    IdentityState.ACTIVE: _("Active"),
    IdentityState.BLOCKED: _("Blocked"),
}
CHANGE_FIELDS: Final[Mapping[ChangeField, Text]] = {
    ChangeField.PHONE: _("Phone number"),
    ChangeField.EMAIL: _("E-mail address"),
    ChangeField.USER_ID: _("User ID"),
    ChangeField.PASSWORD: _("Password"),
    ChangeField.AUTHENTICATOR: _("New authenticator"),
    ChangeField.REOPENING: _("Reopening"),
    ChangeField.APP_COPY: _("App on a new phone"),
}
SUPPORT_REFUSALS: Final[Mapping[SupportRefusal, Text]] = {
    SupportRefusal.CALL_OVER: _("The call is more than half an hour old. Search again."),
    SupportRefusal.NOT_IDENTIFIED: _("The caller is not identified. Only blocking is possible."),
    SupportRefusal.ALREADY_IDENTIFIED: _("The caller is identified already."),
    SupportRefusal.NO_TRIES_LEFT: _(
        "Too many wrong numbers. Only blocking is possible; send the caller to Citizen Service."
    ),
    SupportRefusal.WRONG_NUMBER: _("The number is not that of a document on record."),
    SupportRefusal.TOO_FEW_FACTS: _(
        "The civil register knows too little for control questions. Only blocking is possible."
    ),
    SupportRefusal.FAILED: _("Too few right answers. Only blocking is possible; send the caller to Citizen Service."),
    SupportRefusal.ALREADY_ASKED: _("That has been asked or answered already."),
    SupportRefusal.NOT_PENDING: _("The change does not wait any more."),
    SupportRefusal.ALREADY_BLOCKED: _("Support has blocked this identity already."),
    SupportRefusal.AUTHENTICATOR_GONE: _("It is blocked already, or not the caller's."),
    SupportRefusal.CLOCK_NOT_FOUND: CLOCK_NOT_FOUND,
    SupportRefusal.NO_PHONE: _("The caller has no phone number on record. Send the caller to Citizen Service."),
    SupportRefusal.PHONE_TOO_NEW: _(
        "The phone number was registered or changed less than 120 hours ago, so nothing can be sent to it. Send the "
        "caller to Citizen Service, or ask them to call again later."
    ),
    SupportRefusal.IDENTITY_BLOCKED: _("The identity is blocked. It is reopened only in person, at Citizen Service."),
    SupportRefusal.AT_MOST: _("The caller has as many of these as there may be. Block one that is not used any more."),
    SupportRefusal.NO_DEVICE: _(
        "No such device was handed to the caller and waits to be activated. Send the caller to Citizen Service."
    ),
    SupportRefusal.SAME_CHANNEL: NEVER_BY_SMS,
    SupportRefusal.OTHER_HALF: _(
        "A code for what goes with this was sent by SMS within the last five days, and a phone alone never gets both. "
        "Send the caller to Citizen Service."
    ),
    SupportRefusal.SUSPENDED: _(
        "The password was suspended by somebody else than the caller. Send the caller to Citizen Service."
    ),
    SupportRefusal.NO_ENROLMENT: _(
        "No app of the caller waits for a temporary PIN. The caller must begin in the app, with user ID and "
        "activation code."
    ),
    SupportRefusal.TOO_MANY_CODES: _("Too many codes were sent lately: to this phone, to this person, or by you."),
    SupportRefusal.TOO_MANY_PINS: _("Too many temporary PINs were sent within an hour. Ask the caller to wait."),
}
REGISTER_AWAY: Final = _(
    "The register does not answer. Nothing was stored. Wait a minute and try again, or keep the person's place."
)
