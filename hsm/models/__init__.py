"""What is known of the keys; the keys themselves are in the module."""

from hsm.models.data_key import DataKey
from hsm.models.key_version import KeyVersion

__all__ = ["DataKey", "KeyVersion"]
