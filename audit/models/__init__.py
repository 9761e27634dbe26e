"""The log's rows."""

from audit.models.audit_event import AuditEvent

__all__ = ["AuditEvent"]
