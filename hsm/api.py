"""The door to the keys: what apps above may call. Keys go by name, never by handle."""

from hsm.check_values import check_value
from hsm.columns import (
    IndexColumn,
    PasswordColumn,
    PurposeOf,
    SealedColumn,
    SeedColumn,
    VerifierColumn,
    protect,
)
from hsm.errors import HsmUnavailable, KeyClosed, SealBroken
from hsm.hashing import (
    active_pepper,
    blind_index,
    blind_index_candidates,
    blind_index_lock_key,
    pepper,
    verifier,
    verifier_matches,
)
from hsm.health import forget, probe
from hsm.keyring import UnknownVersion
from hsm.orders import fingerprint
from hsm.preloading import preload
from hsm.protected_rows import Finding, Progress
from hsm.queries import readable_data_keys, readable_versions
from hsm.sealing import open_sealed, seal
from hsm.seeds import check_seed, new_seed, seed_hmac_sha1, seed_verifier, wrap_seed
from hsm.signing import PublicKey, Signature, public_key, sign, verify, verify_with
from hsm.states import DATA_KEY, KeyName
from hsm.token.connection import calls_under_way, on_hung_call, on_module_hung
from hsm.token.watch import CallUnderWay, HungCall
from hsm.usecases.prove import Proof, prove_columns
from hsm.usecases.provision import provision

__all__ = [
    "DATA_KEY",
    "CallUnderWay",
    "Finding",
    "HsmUnavailable",
    "HungCall",
    "IndexColumn",
    "KeyClosed",
    "KeyName",
    "PasswordColumn",
    "Progress",
    "Proof",
    "PublicKey",
    "PurposeOf",
    "SealBroken",
    "SealedColumn",
    "SeedColumn",
    "Signature",
    "UnknownVersion",
    "VerifierColumn",
    "active_pepper",
    "blind_index",
    "blind_index_candidates",
    "blind_index_lock_key",
    "calls_under_way",
    "check_seed",
    "check_value",
    "fingerprint",
    "forget",
    "new_seed",
    "on_hung_call",
    "on_module_hung",
    "open_sealed",
    "pepper",
    "preload",
    "probe",
    "protect",
    "prove_columns",
    "provision",
    "public_key",
    "readable_data_keys",
    "readable_versions",
    "seal",
    "seed_hmac_sha1",
    "seed_verifier",
    "sign",
    "verifier",
    "verifier_matches",
    "verify",
    "verify_with",
    "wrap_seed",
]
