"""What this app has protected with our keys: registered when Django starts, renewed and proven by ``hsm``."""

from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.db.models.functions import Now

from hsm.api import IndexColumn, PasswordColumn, PurposeOf, SealedColumn, SeedColumn, VerifierColumn
from identities import sealing
from identities.hashers import PepperedArgon2PasswordHasher
from identities.states import ActivationCodeState, AuthenticatorState, ChangeField, ContactKind, EnrolmentState
from identities.steps.stopping import HOLDS_FOR

CITIZEN: Final = "identities.Citizen"
PROOF: Final = "identities.ContactProof"
POINT: Final = "identities.ContactPoint"
CHANGE: Final = "identities.PendingChange"

OF_CONTACT: Final = PurposeOf("kind", lambda kind: sealing.contact(ContactKind(kind)))
OF_PROOF: Final = PurposeOf("kind", lambda kind: sealing.contact_proof(ContactKind(kind)))
OF_CHANGE: Final = PurposeOf("field", lambda field: sealing.change(ChangeField(field)))

IS_TYPED_BACK: Final = Q(expires_at__gt=Now() - timedelta(days=1))  # a dead code is still held against what is typed
IS_ANSWERED: Final = Q(closes_at__gt=Now() - HOLDS_FOR)
IS_OPEN: Final = Q(state=ActivationCodeState.OPEN, expires_at__gt=Now())

COLUMNS: Final = (
    SealedColumn(model=CITIZEN, column="name_sealed", purpose=sealing.NAME),
    SealedColumn(model=CITIZEN, column="cpr_number_sealed", purpose=sealing.CPR_NUMBER),
    SealedColumn(model=CITIZEN, column="born_on_sealed", purpose=sealing.BORN_ON),
    SealedColumn(model=CITIZEN, column="address_sealed", purpose=sealing.ADDRESS),
    IndexColumn(model=CITIZEN, column="cpr_number_index", purpose=sealing.CPR_NUMBER, value="cpr_number_sealed"),
    SealedColumn(model=PROOF, column="value_sealed", purpose=OF_PROOF, bound_to="owner_id"),
    IndexColumn(model=PROOF, column="value_index", purpose=OF_CONTACT, value="value_sealed"),
    VerifierColumn(model=PROOF, column="code_verifier", live=IS_TYPED_BACK),
    SealedColumn(model=POINT, column="value_sealed", purpose=OF_CONTACT, bound_to="identity_id"),
    IndexColumn(model=POINT, column="value_index", purpose=OF_CONTACT, value="value_sealed"),
    SealedColumn(model=CHANGE, column="new_value_sealed", purpose=OF_CHANGE, bound_to="identity_id"),
    VerifierColumn(model=CHANGE, column="stop_code_verifier", live=IS_ANSWERED),
    # The token is in its e-mail only.
    IndexColumn(model=CHANGE, column="stop_token_index", purpose=sealing.STOP_TOKEN, live=IS_ANSWERED),
    VerifierColumn(model="identities.ActivationCode", column="code_verifier", live=IS_OPEN),
    VerifierColumn(model="identities.App", column="pin_verifier", live=~Q(state=AuthenticatorState.BLOCKED)),
    VerifierColumn(
        model="identities.AppEnrolment",
        column="temporary_pin_verifier",
        live=Q(state=EnrolmentState.OPEN, expires_at__gt=Now()),
    ),
    # The token is on the old phone's screen only.
    IndexColumn(
        model="identities.CopyTicket",
        column="token_index",
        purpose=sealing.COPY_TOKEN,
        live=Q(used_at__isnull=True, expires_at__gt=Now()),
    ),
    SeedColumn(model="identities.CodeDevice", column="seed_wrapped", verifier="seed_verifier", bound_to="uuid"),
    VerifierColumn(model="identities.CodeDevice", column="seed_verifier"),
    PasswordColumn(model="identities.Identity", column="password", prefix=f"{PepperedArgon2PasswordHasher.algorithm}$"),
)
