"""What happens, and who makes it happen: the project's one list."""

from enum import StrEnum


class ActorKind(StrEnum):
    """Who acts."""

    CITIZEN = "citizen"
    OFFICER = "officer"
    CUSTODIAN = "custodian"
    """A key custodian, who has an id and belongs to no office."""
    ALERT_HOLDER = "alert_holder"
    """Whoever holds an alert: the reply to an SMS, the page opened from an e-mail."""
    VISITOR = "visitor"
    """Someone not logged in."""
    SYSTEM = "system"


class EventKind(StrEnum):
    """Every kind of event; the value names the app and what happened. Append to the block of your app."""

    # identities
    IDENTITY_ISSUED = "identities.identity_issued"
    IDENTITY_BLOCKED = "identities.identity_blocked"
    IDENTITY_REOPENED = "identities.identity_reopened"
    CONTACT_REGISTERED = "identities.contact_registered"
    CONTACT_REPLACED = "identities.contact_replaced"
    CONTACT_CODE_SENT = "identities.contact_code_sent"
    CONTACT_CODE_NOT_SENT = "identities.contact_code_not_sent"
    CONTACT_CODE_REFUSED = "identities.contact_code_refused"
    CONTACT_PROVEN = "identities.contact_proven"
    TEXTS_STOPPED = "identities.texts_stopped"
    TEXTS_STARTED = "identities.texts_started"
    USER_ID_CHANGED = "identities.user_id_changed"
    CODE_DISPLAY_HANDED_OUT = "identities.code_display_handed_out"
    ACTIVATION_CODE_ISSUED = "identities.activation_code_issued"
    ACTIVATION_CODE_REFUSED = "identities.activation_code_refused"
    ACTIVATION_REFUSED = "identities.activation_refused"
    TEMPORARY_PIN_SENT = "identities.temporary_pin_sent"
    APP_COPY_SHOWN = "identities.app_copy_shown"
    AUTHENTICATOR_ACTIVATED = "identities.authenticator_activated"
    AUTHENTICATOR_PAUSED = "identities.authenticator_paused"
    AUTHENTICATOR_SUSPENDED = "identities.authenticator_suspended"
    AUTHENTICATOR_REOPENED = "identities.authenticator_reopened"
    AUTHENTICATOR_BLOCKED = "identities.authenticator_blocked"
    CODE_DEVICE_RESYNCED = "identities.code_device_resynced"
    RESYNC_REFUSED = "identities.resync_refused"

    # authentication
    LOGIN_SUCCEEDED = "authentication.login_succeeded"
    LOGIN_REFUSED = "authentication.login_refused"
    SIGNED_OUT = "authentication.signed_out"
    PARALLEL_REQUEST_REFUSED = "authentication.parallel_request_refused"
    REQUEST_SUPERSEDED = "authentication.request_superseded"
    REQUEST_APPROVED = "authentication.request_approved"
    REQUEST_REJECTED = "authentication.request_rejected"
    DECISION_REFUSED = "authentication.decision_refused"
    OPENING_CODE_ISSUED = "authentication.opening_code_issued"

    # selfservice
    CHANGE_REQUESTED = "selfservice.change_requested"
    CHANGE_REQUEST_REFUSED = "selfservice.change_request_refused"
    CHANGE_CONFIRMED = "selfservice.change_confirmed"
    CHANGE_CONFIRM_REFUSED = "selfservice.change_confirm_refused"
    CHANGE_CANCELLED = "selfservice.change_cancelled"
    CHANGE_EXPIRED = "selfservice.change_expired"
    CHANGE_STOP_REFUSED = "selfservice.change_stop_refused"

    # registration
    CASE_OPENED = "registration.case_opened"
    CASE_LOOKED_UP = "registration.case_looked_up"
    CASE_REGISTER_REFUSED = "registration.case_register_refused"
    EVIDENCE_RECORDED = "registration.evidence_recorded"
    EVIDENCE_REFUSED = "registration.evidence_refused"
    QUESTION_ASKED = "registration.question_asked"
    QUESTION_ANSWERED = "registration.question_answered"
    CASE_APPROVED = "registration.case_approved"
    CASE_SECOND_APPROVED = "registration.case_second_approved"
    CASE_REFUSED = "registration.case_refused"
    CASE_CANCELLED = "registration.case_cancelled"
    CITIZEN_FOUND = "registration.citizen_found"
    CITIZEN_NOT_FOUND = "registration.citizen_not_found"
    USER_ID_TOLD = "registration.user_id_told"
    PROFILE_VIEWED_BY_SUPPORT = "registration.profile_viewed_by_support"
    SUPPORT_IDENTIFICATION_FAILED = "registration.support_identification_failed"
    SUPPORT_IDENTIFIED = "registration.support_identified"
    SUPPORT_REFUSED = "registration.support_refused"
    APPROVAL_REFUSED = "registration.approval_refused"
    CASE_AWAITS_SECOND = "registration.case_awaits_second"
    HAND_OUT_REFUSED = "registration.hand_out_refused"
    DESK_ACT_REFUSED = "registration.desk_act_refused"
    OFFICER_APPOINTED = "registration.officer_appointed"
    ORGANISATION_CREATED = "registration.organisation_created"
    OFFICE_CREATED = "registration.office_created"
    DEVICE_STOCKED = "registration.device_stocked"
    LOG_SEARCHED = "registration.log_searched"
    LOG_SEARCH_REFUSED = "registration.log_search_refused"
    LOG_EVENT_VIEWED = "registration.log_event_viewed"
    LOG_SEALS_VIEWED = "registration.log_seals_viewed"

    # notifications
    DELIVERY_GIVEN_UP = "notifications.delivery_given_up"
    DELIVERY_RESENT = "notifications.delivery_resent"
    DELIVERY_RESEND_REFUSED = "notifications.delivery_resend_refused"

    # hsm
    KEYS_FOUNDED = "hsm.keys_founded"
    KEY_CREATED = "hsm.key_created"
    KEY_ACTIVATED = "hsm.key_activated"
    KEY_RETIRED = "hsm.key_retired"
    KEY_DESTROYED = "hsm.key_destroyed"
    KEY_ERASED = "hsm.key_erased"
    CUSTODIAN_ENROLLED = "hsm.custodian_enrolled"
    CUSTODIAN_DISMISSED = "hsm.custodian_dismissed"
    CEREMONY_REFUSED = "hsm.ceremony_refused"
    REWRAP_STARTED = "hsm.rewrap_started"
    REWRAP_FINISHED = "hsm.rewrap_finished"

    # audit
    LOG_VERIFIED = "audit.log_verified"
    LOG_EXPORTED = "audit.log_exported"
    RESTORE_ACCEPTED = "audit.restore_accepted"

    # mitid_portal
    BACKUP_CREATED = "portal.backup_created"
    BACKUP_RESTORED = "portal.backup_restored"
