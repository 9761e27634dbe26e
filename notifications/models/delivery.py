"""The outbox: one row a message and address, written with what it tells of and worked off afterwards."""

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from notifications.states import OPEN_STATES, TAKEN_STATES, Channel, DeliveryState, Language, MessageKind, Priority


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
    source = models.UUIDField(null=True)  # who had a code sent, for limits (TRY-2); the change that an alert tells of
    address_sealed = models.BinaryField()
    address_index = models.BinaryField(null=True)  # of the normal form, for limits by address; the inbox has none
    subject_sealed = models.BinaryField(null=True)
    body_sealed = models.BinaryField()
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in DeliveryState])
    attempts = models.PositiveIntegerField(default=0)  # counts every claim, and so tells it from later ones
    unanswered = models.PositiveSmallIntegerField(default=0)  # claims in a row that ended without an answer
    failing_since = models.DateTimeField(null=True)  # the first failure for now since the last that was ours to repair
    in_doubt_since = models.DateTimeField(null=True)  # an attempt of which nobody could say whether it got through
    maybe_doubled = models.PositiveSmallIntegerField(default=0)  # tries while that was so: ALR-4's counted duplicates
    created_at = models.DateTimeField()
    useful_until = models.DateTimeField(null=True)  # a code that is dead, a change that is over
    next_attempt_at = models.DateTimeField(null=True)  # QUEUED: the next try; CLAIMED: the end of the lease
    sent_at = models.DateTimeField(null=True)
    receipt_due_at = models.DateTimeField(null=True)  # SENT: when to ask the provider; null: it tells nothing more
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)  # in the app's inbox, by whoever opened it
    given_up_at = models.DateTimeField(null=True)
    words_dropped_at = models.DateTimeField(null=True)  # subject and body hold nothing since: usecases/forget_words.py
    provider = models.CharField(max_length=16, blank=True)  # who was asked last
    provider_reference = models.CharField(max_length=255, blank=True)  # of the last yes, kept when that one failed
    segments = models.PositiveSmallIntegerField(null=True)  # as the cost, of the last copy; minutes have the sums
    cost_micro = models.BigIntegerField(null=True)
    cost_currency = models.CharField(max_length=3, blank=True)
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
                name="delivery_receipt_due", fields=["receipt_due_at"], condition=Q(receipt_due_at__isnull=False)
            ),
            models.Index(
                name="delivery_without_a_price",
                fields=["provider", "sent_at"],
                condition=Q(state__in=sorted(TAKEN_STATES), cost_micro__isnull=True) & ~Q(channel=Channel.APP),
            ),
            models.Index(
                name="delivery_past_use",
                fields=["useful_until"],
                condition=Q(words_dropped_at__isnull=True, useful_until__isnull=False),
            ),
            models.Index(
                name="delivery_has_words",
                fields=["created_at"],
                condition=Q(words_dropped_at__isnull=True) & ~Q(channel=Channel.APP),
            ),
            models.Index(name="delivery_dead_letters", fields=["-id"], condition=Q(state=DeliveryState.GIVEN_UP)),
            models.Index(name="delivery_maybe_doubled", fields=["created_at"], condition=Q(maybe_doubled__gt=0)),
            models.Index(name="delivery_heartbeats", fields=["created_at"], condition=Q(kind=MessageKind.HEARTBEAT)),
            models.Index(
                name="delivery_given_up_lately", fields=["given_up_at"], condition=Q(state=DeliveryState.GIVEN_UP)
            ),
            models.Index(
                name="delivery_codes_by_address",
                fields=["address_index", "created_at"],
                condition=Q(priority=Priority.CODE),
            ),
            models.Index(
                name="delivery_codes_by_reference",
                fields=["reference", "created_at"],
                condition=Q(priority=Priority.CODE),
            ),
            models.Index(
                name="delivery_codes_by_source",
                fields=["source", "created_at"],
                condition=Q(priority=Priority.CODE, source__isnull=False),
            ),
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
                condition=(
                    Q(state__in=sorted(TAKEN_STATES), sent_at__isnull=False)
                    & ~Q(provider_reference="")
                    & ~Q(provider="")
                )
                | (~Q(state__in=sorted(TAKEN_STATES)) & Q(sent_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="delivery_delivered_with_time",
                condition=Q(state=DeliveryState.DELIVERED, delivered_at__isnull=False)
                | (~Q(state=DeliveryState.DELIVERED) & Q(delivered_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="delivery_receipt_is_awaited_while_sent",
                condition=Q(receipt_due_at__isnull=True) | Q(state=DeliveryState.SENT),
            ),
            models.CheckConstraint(
                name="delivery_in_doubt_while_open_after_an_attempt",
                condition=Q(in_doubt_since__isnull=True) | Q(state__in=sorted(OPEN_STATES), attempts__gte=1),
            ),
            models.CheckConstraint(
                name="delivery_maybe_doubled_after_its_first_attempt",
                condition=Q(maybe_doubled=0) | Q(maybe_doubled__lt=F("attempts")),
            ),
            models.CheckConstraint(
                name="delivery_provider_is_a_code", condition=Q(provider__regex=r"^([a-z][a-z0-9_]{0,15})?$")
            ),
            models.CheckConstraint(
                name="delivery_reference_is_a_providers", condition=Q(provider_reference="") | ~Q(provider="")
            ),
            # A provider's name for a message is one delivery's: so of two that look for theirs, one finds it.
            models.UniqueConstraint(
                name="delivery_provider_reference_is_one",
                fields=["provider_reference", "provider"],
                condition=~Q(provider_reference="") & ~Q(channel=Channel.APP),
            ),
            models.CheckConstraint(
                name="delivery_has_at_least_one_segment", condition=Q(segments__isnull=True) | Q(segments__gte=1)
            ),
            models.CheckConstraint(
                name="delivery_cost_has_a_currency",
                condition=Q(cost_micro__isnull=True, cost_currency="")
                | Q(cost_micro__isnull=False, cost_micro__gte=0, cost_currency__regex=r"^[A-Z]{3}$"),
            ),
            models.CheckConstraint(
                name="delivery_has_an_address_index_unless_inbox",
                condition=Q(channel=Channel.APP, address_index__isnull=True)
                | (~Q(channel=Channel.APP) & Q(address_index__isnull=False)),
            ),
            models.CheckConstraint(
                name="delivery_given_up_with_time_and_failure",
                condition=(Q(state=DeliveryState.GIVEN_UP, given_up_at__isnull=False) & ~Q(failure=""))
                | (~Q(state=DeliveryState.GIVEN_UP) & Q(given_up_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="delivery_tried_before_claimed_or_sent",
                condition=~Q(state__in=[DeliveryState.CLAIMED, *sorted(TAKEN_STATES)]) | Q(attempts__gte=1),
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
                condition=~Q(address_sealed=b"") & ~Q(body_sealed=b"") & ~Q(subject_sealed=b"") & ~Q(address_index=b""),
            ),
            # What may yet be sent, and the citizen's own inbox, keep their words.
            models.CheckConstraint(
                name="delivery_words_dropped_after_it_ended",
                condition=Q(words_dropped_at__isnull=True)
                | (
                    ~Q(state__in=[*sorted(OPEN_STATES), DeliveryState.HELD])
                    & ~Q(channel=Channel.APP)
                    & Q(words_dropped_at__gt=F("created_at"))
                ),
            ),
            models.CheckConstraint(
                name="delivery_useful_after_it_was_made",
                condition=Q(useful_until__isnull=True) | Q(useful_until__gt=F("created_at")),
            ),
            models.CheckConstraint(
                name="delivery_replaces_another", condition=Q(replaces__isnull=True) | ~Q(replaces=F("id"))
            ),
        ]
