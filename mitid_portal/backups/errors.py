"""Why a backup was not made, or not brought back; the message is for the operator."""


class BackupFailed(Exception):  # noqa: N818 - it says what is so
    """A step did not succeed; what stood before stands."""


class WrongPassphrases(BackupFailed):
    """The token's backup does not open with these two passphrases."""


class BackupDamaged(BackupFailed):
    """A file of the backup is missing, or is not what was written."""


class TargetNotEmpty(BackupFailed):
    """There is something where the backup would be put."""


class ProofFailed(BackupFailed):
    """The backup is back, and something in it does not open or is not what it was."""
