"""The outbox: one row a message and address, written with what it tells of and worked off afterwards."""

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from notifications.states import OPEN_STATES, Channel, DeliveryState, Language, MessageKind, Priority


class Delivery(models.Model):
    """One message to one address.

    Address, subject and body are sealed; everything else is codes, numbers and opaque ids, and may be shown
    to support and counted by operators (LOG-2).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message_id = models.UUIDField()  # one for all addresses of one enqueue: ALR-5 looks for another address by it
    kind = models.CharField(max_length=32, choices=[(kind.value, kind.value) for kind in MessageKind])
    channel = models.CharField(max_length=8, choices=[(channel.value, channel.value) for channel in Channel])
    priority = models.PositiveSmallIntegerField(choices=[(item.value, item.name) for item in Priority])
    language = models.CharField(max_length=2, choices=[(item.value, item.value) for item in Language])
    contact_id = models.UUIDField()
    reference = models.UUIDField()
    address_sealed = models.BinaryField()
    subject_sealed = models.BinaryField(null=True)
    body_sealed = models.BinaryField()
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in DeliveryState])
    attempts = models.PositiveIntegerField(default=0)  # counts every claim, and so tells it from later ones
    unanswered = models.PositiveSmallIntegerField(default=0)  # claims in a row that ended without an answer
    failing_since = models.DateTimeField(null=True)  # the first failure for now since the last that was ours to repair
    created_at = models.DateTimeField()
    useful_until = models.DateTimeField(null=True)  # a code that is dead must not arrive
    next_attempt_at = models.DateTimeField(null=True)  # QUEUED: the next try; CLAIMED: the end of the lease
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)  # in the app's inbox, by whoever opened it
    given_up_at = models.DateTimeField(null=True)
    provider_reference = models.CharField(max_length=255, blank=True)
    failure = models.CharField(max_length=64, blank=True)  # the code of the last attempt that failed
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                name="delivery_due",
                fields=["priority", "next_attempt_at"],
                condition=Q(state__in=[state.value for state in sorted(OPEN_STATES)]),
            ),
            models.Index(name="delivery_by_reference", fields=["reference", "-id"]),
            models.Index(name="delivery_inbox", fields=["reference", "-id"], condition=Q(channel=Channel.APP)),
            models.Index(name="delivery_by_message", fields=["message_id"]),
            models.Index(
                name="delivery_given_up_by_contact",
                fields=["contact_id", "given_up_at"],
                condition=Q(state=DeliveryState.GIVEN_UP),
            ),
        ]
        constraints = [
            models.CheckConstraint(name="delivery_kind_is_known", condition=Q(kind__in=[*MessageKind])),
            models.CheckConstraint(name="delivery_channel_is_known", condition=Q(channel__in=[*Channel])),
            models.CheckConstraint(name="delivery_priority_is_known", condition=Q(priority__in=[*Priority])),
            models.CheckConstraint(name="delivery_language_is_known", condition=Q(language__in=[*Language])),
            models.CheckConstraint(name="delivery_state_is_known", condition=Q(state__in=[*DeliveryState])),
            models.CheckConstraint(
                name="delivery_has_a_next_attempt_while_open",
                condition=Q(state__in=sorted(OPEN_STATES), next_attempt_at__isnull=False)
                | (~Q(state__in=sorted(OPEN_STATES)) & Q(next_attempt_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="delivery_sent_with_time_and_provider_reference",
                condition=(Q(state=DeliveryState.SENT, sent_at__isnull=False) & ~Q(provider_reference=""))
                | (~Q(state=DeliveryState.SENT) & Q(sent_at__isnull=True, provider_reference="")),
            ),
            models.CheckConstraint(
                name="delivery_given_up_with_time_and_failure",
                condition=(Q(state=DeliveryState.GIVEN_UP, given_up_at__isnull=False) & ~Q(failure=""))
                | (~Q(state=DeliveryState.GIVEN_UP) & Q(given_up_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="delivery_tried_before_claimed_or_sent",
                condition=~Q(state__in=[DeliveryState.CLAIMED, DeliveryState.SENT]) | Q(attempts__gte=1),
            ),
            models.CheckConstraint(
                name="delivery_untried_while_held",
                condition=~Q(state__in=[DeliveryState.HELD, DeliveryState.NOT_NEEDED])
                | Q(attempts=0, replaces__isnull=True),
            ),
            models.CheckConstraint(
                name="delivery_unanswered_are_among_its_attempts", condition=Q(unanswered__lte=F("attempts"))
            ),
            models.CheckConstraint(
                name="delivery_failing_since_an_attempt", condition=Q(failing_since__isnull=True) | Q(attempts__gte=1)
            ),
            models.CheckConstraint(
                name="delivery_failure_is_a_code", condition=Q(failure__regex=r"^[A-Za-z0-9_.:+-]{0,64}$")
            ),
            models.CheckConstraint(
                name="delivery_has_a_subject_unless_sms",
                condition=Q(channel=Channel.SMS, subject_sealed__isnull=True)
                | (~Q(channel=Channel.SMS) & Q(subject_sealed__isnull=False)),
            ),
            # What the inbox holds has arrived: it waits for no provider.
            models.CheckConstraint(
                name="delivery_to_the_inbox_has_arrived",
                condition=~Q(channel=Channel.APP) | Q(state=DeliveryState.SENT, replaces__isnull=True),
            ),
            models.CheckConstraint(
                name="delivery_read_in_the_inbox_after_it_came",
                condition=Q(read_at__isnull=True) | Q(channel=Channel.APP, read_at__gte=F("created_at")),
            ),
            models.CheckConstraint(
                name="delivery_sealed_columns_are_filled",
                condition=~Q(address_sealed=b"") & ~Q(body_sealed=b"") & ~Q(subject_sealed=b""),
            ),
            models.CheckConstraint(
                name="delivery_useful_after_it_was_made",
                condition=Q(useful_until__isnull=True) | Q(useful_until__gt=F("created_at")),
            ),
            models.CheckConstraint(
                name="delivery_replaces_another", condition=Q(replaces__isnull=True) | ~Q(replaces=F("id"))
            ),
        ]
