"""What is protected with our keys below the apps that register their own: the log, which knows nothing of keys."""

from typing import Final

from hsm.columns import LogColumn

COLUMNS: Final = (LogColumn(model="audit.AuditEvent", column="mac"),)
