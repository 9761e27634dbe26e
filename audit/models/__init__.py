"""The log's rows, the seals over them, and the looks through both."""

from audit.models.audit_event import AuditEvent
from audit.models.audit_seal import AuditSeal
from audit.models.audit_verification import AuditVerification

__all__ = ["AuditEvent", "AuditSeal", "AuditVerification"]
