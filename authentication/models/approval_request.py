"""What somebody asks an identity to approve: a log-in under way, by whichever authenticator."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from uuid_utils.compat import uuid7

from authentication.rules import LONGEST_ASKER, LONGEST_REFERENCE_TEXT, NONCE_BYTES, TRIES_A_REQUEST, WAYS
from authentication.states import BoundBy, Purpose, RequestState
from identities.api import AssuranceLevel, AuthenticatorKind

OF_NOBODY = [RequestState.OPEN, RequestState.REFUSED, RequestState.EXPIRED, RequestState.SUPERSEDED]
WITH_A_FACTOR = [RequestState.DEVICE_ACCEPTED, RequestState.CONFIRMED, RequestState.APPROVED]


SIGNED_OUT_AT = "identity_signed_out_at"  # read beside the row by ``queries.with_its_dead_since``


class ApprovalRequest(models.Model):
    """One question to one identity, which lives five minutes (APR-2).

    ``identity`` is empty for a user ID that nobody has; ``subject`` then stands for that user ID, and is the
    identity's id where there is one, so that every rule holds for both alike (TRY-2). ``app_opened_at`` makes it a
    request to the app, of which one may be open (APR-5). ``alert_due_at`` says that its owner is to be told of a second
    one, ``alert_made_at`` that the messages are written. ``nonce`` is what the app signs over and what the chip's
    challenge and the words that bind browser and app are made from; those are not kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.TextField(choices=Purpose)
    # The database does not look whether the identity is there: that takes time for somebody only (TRY-2). The id was
    # read in the same transaction, nobody deletes identities, and a login's is looked for.
    identity = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        related_name="approval_requests",
    )
    subject = models.UUIDField()
    asks = models.CharField(max_length=LONGEST_ASKER)
    reference_text = models.CharField(max_length=LONGEST_REFERENCE_TEXT)
    level_wanted = models.PositiveSmallIntegerField(choices=AssuranceLevel)
    nonce = models.BinaryField()
    source = models.CharField(max_length=64)
    state = models.TextField(choices=RequestState, default=RequestState.OPEN)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    app_opened_at = models.DateTimeField(null=True)
    alert_due_at = models.DateTimeField(null=True)
    alert_made_at = models.DateTimeField(null=True)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    authenticator = models.TextField(choices=AuthenticatorKind, null=True)  # noqa: DJ001 - NULL is "none yet", checked
    enrolled_level = models.PositiveSmallIntegerField(choices=AssuranceLevel, null=True)
    app = models.ForeignKey("identities.App", null=True, on_delete=models.PROTECT, related_name="decided_requests")
    decided_at = models.DateTimeField(null=True)
    signed_decision = models.TextField(null=True)  # noqa: DJ001 - NULL is "not the app's decision", checked
    bound_by = models.TextField(choices=BoundBy, null=True)  # noqa: DJ001 - NULL is "not approved by an app", checked

    class Meta:
        constraints = [
            models.CheckConstraint(name="request_purpose_is_known", condition=Q(purpose__in=Purpose.values)),
            models.CheckConstraint(name="request_state_is_known", condition=Q(state__in=RequestState.values)),
            models.CheckConstraint(name="request_level_is_known", condition=Q(level_wanted__in=AssuranceLevel.values)),
            models.CheckConstraint(
                name="request_authenticator_is_known",
                condition=Q(authenticator__isnull=True) | Q(authenticator__in=AuthenticatorKind.values),
            ),
            models.CheckConstraint(name="request_expires_later", condition=Q(expires_at__gt=F("opened_at"))),
            models.CheckConstraint(
                name="request_has_a_nonce_of_32_bytes", condition=Exact(Length("nonce"), NONCE_BYTES)
            ),
            models.CheckConstraint(
                name="request_with_three_wrong_tries_is_refused",
                condition=Q(wrong_tries__lt=TRIES_A_REQUEST)
                | Q(wrong_tries=TRIES_A_REQUEST, state=RequestState.REFUSED),
            ),
            models.CheckConstraint(
                name="request_of_somebody_is_their_subjects",
                condition=Q(identity__isnull=True) | Q(identity=F("subject")),
            ),
            models.CheckConstraint(
                name="request_of_nobody_goes_nowhere",
                condition=Q(identity__isnull=False) | Q(state__in=OF_NOBODY),
            ),
            models.CheckConstraint(
                name="request_with_a_factor_says_which",
                condition=(
                    ~Q(state__in=WITH_A_FACTOR)
                    | Q(
                        authenticator__isnull=False,
                        authenticator__in=[kind.value for kind in WAYS],
                        enrolled_level__isnull=False,
                        enrolled_level__in=AssuranceLevel.values,
                    )
                ),
            ),
            models.CheckConstraint(
                name="request_decided_by_an_app_is_signed",
                condition=Q(app__isnull=True, decided_at__isnull=True, signed_decision__isnull=True)
                | Q(
                    app__isnull=False,
                    decided_at__isnull=False,
                    signed_decision__isnull=False,
                    app_opened_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="request_answered_by_the_app_names_it",
                condition=~Q(state__in=[RequestState.CONFIRMED, RequestState.REJECTED]) | Q(app__isnull=False),
            ),
            models.CheckConstraint(
                name="request_confirmed_by_the_app_is_bound",
                condition=(
                    Q(bound_by__isnull=True)
                    & (~Q(state__in=[RequestState.CONFIRMED, RequestState.APPROVED]) | Q(app__isnull=True))
                )
                | Q(bound_by__isnull=False, bound_by__in=BoundBy.values, app__isnull=False),
            ),
            models.CheckConstraint(
                name="request_alert_is_made_once_it_is_due",
                condition=Q(alert_made_at__isnull=True)
                | Q(alert_due_at__isnull=False, alert_made_at__gte=F("alert_due_at")),
            ),
            # APR-5. By subject, so that a user ID that nobody has answers alike.
            models.UniqueConstraint(
                name="request_one_open_to_the_app",
                fields=["subject"],
                condition=Q(state=RequestState.OPEN, app_opened_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="request_by_age"),
            models.Index(
                fields=["subject", "alert_due_at"],
                name="request_alerted_by_subject",
                condition=Q(alert_due_at__isnull=False),
            ),
            models.Index(
                fields=["alert_due_at"],
                name="request_with_an_alert_to_make",
                condition=Q(alert_due_at__isnull=False, alert_made_at__isnull=True),
            ),
        ]

    @property
    def dead_since(self) -> datetime | None:
        """When the identity was last signed out everywhere. Raises: AttributeError where that was not asked for."""
        found: datetime | None = getattr(self, SIGNED_OUT_AT)
        return found
