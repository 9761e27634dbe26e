"""What is known of the keys and of who decides over them; the keys themselves are in the module."""

from hsm.models.ceremony import Ceremony
from hsm.models.custodian import Custodian
from hsm.models.data_key import DataKey
from hsm.models.key_version import KeyVersion
from hsm.models.rewrap_progress import RewrapProgress

__all__ = ["Ceremony", "Custodian", "DataKey", "KeyVersion", "RewrapProgress"]
