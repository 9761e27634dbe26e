"""What is protected with our keys below the apps that register their own: the log, which knows nothing
of keys, and the rows that the module vouches for, which a re-wrap renews (hsm/vouching.py).
"""

from typing import Final

from hsm.columns import LogColumn, VerifierColumn

COLUMNS: Final = (
    LogColumn(model="audit.AuditEvent", column="mac"),
    VerifierColumn(model="hsm.Custodian", column="voucher"),
    VerifierColumn(model="hsm.DataKey", column="voucher"),
    VerifierColumn(model="hsm.KeyVersion", column="voucher"),
)
