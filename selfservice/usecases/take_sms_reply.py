"""Whoever holds the text message answers it."""

from datetime import datetime
from typing import Final, assert_never
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from hsm.api import blind_index, blind_index_candidates
from identities.api import (
    ChangeState,
    HeldChange,
    block_as_holder,
    held_by_reply,
    holders_of_phone,
    identity_by_id,
    note_texts_started,
    note_texts_stopped,
    phone_waits_for_a_change,
    stop_held_change,
    tell_what_waits,
)
from notifications.api import (
    Address,
    BlockReply,
    CarrierWord,
    ChangeConfirmed,
    Channel,
    Language,
    Message,
    ReplyBlocked,
    ReplyNotUnderstood,
    ReplyRanOut,
    ReplyStopped,
    ReplyStoppedOnly,
    ReplyTooLate,
    Spending,
    StopReply,
    deliveries_of,
    enqueue,
    is_attempt,
    note_inbound_sms,
    parse_reply,
    spent_today,
    was_texted,
)
from selfservice.rules import (
    ANSWERS_A_DAY_WHILE_A_CHANGE_WAITS,
    HELP_LASTS,
    WRITTEN_LATELY,
    may_be_told_again,
)
from selfservice.states import SmsReplyOutcome

SENDER: Final = "selfservice.sms_sender"


@transaction.atomic(durable=True)
def take_sms_reply(
    *,
    sender: str,
    text: str,
    now: datetime,
    provider_id: str | None = None,
    carrier_word: CarrierWord | None = None,
    provider: str = "local",
) -> SmsReplyOutcome:
    """Do what an answer to one of our text messages asks: stop a change, or block the whole identity.

    ``sender`` is E.164, or empty when the message came from no number. ``provider_id`` is the provider's name for
    the message; a second copy of it does nothing. ``carrier_word`` is what the text was to the carrier: no word of
    ours, and never answered there, for the carrier has: ``provider`` is the one that was told.

    Rule:   CHG-6, BLK-1, ALR-5. The answer tells nobody more than they held already.
    Locks:  the changes that the sender's alerts told of, the identity's row, then the change's.
    Writes: PendingChange, Identity, IdentityBlock, ReceivedSms, SmsOptOut, AuditEvent, Delivery.
    """
    if provider_id is not None and not note_inbound_sms(provider_id=provider_id, now=now):
        return SmsReplyOutcome.IGNORED
    if not sender:
        return SmsReplyOutcome.IGNORED
    if carrier_word is not None and _is_the_carriers(carrier_word, sender=sender, provider=provider, now=now):
        return SmsReplyOutcome.CARRIERS
    return _act_on(text, sender=sender, now=now)


def _is_the_carriers(word: CarrierWord, *, sender: str, provider: str, now: datetime) -> bool:
    """Follow the carrier; a word that starts what nobody had stopped is an answer like another (some write YES)."""
    match word:
        case CarrierWord.STOP:
            note_texts_stopped(phone=sender, provider=provider, now=now)
            return True
        case CarrierWord.START:
            return note_texts_started(phone=sender, provider=provider, now=now)
        case CarrierWord.HELP:
            tell_what_waits(phone=sender, now=now)
            return True
        case _:
            assert_never(word)


def _act_on(text: str, *, sender: str, now: datetime) -> SmsReplyOutcome:
    reply = parse_reply(text)
    if reply is None:
        return _not_understood(text, sender=sender, now=now)
    is_to_block = isinstance(reply, BlockReply)
    held = held_by_reply(phone=sender, code=reply.code, is_to_block=is_to_block, now=now)
    if held is None:
        return _not_understood(text, sender=sender, now=now)
    match reply:
        case StopReply(code=code):
            return _stop(held, sender=sender, code=code, now=now)
        case BlockReply():
            block_as_holder(held=held, now=now)
            _answer(ReplyBlocked(), sender=sender, held=held, now=now)
            return SmsReplyOutcome.BLOCKED
        case _:
            assert_never(reply)


def _stop(held: HeldChange, *, sender: str, code: str, now: datetime) -> SmsReplyOutcome:
    """Stop a change, or tell what became of it: who has the right code is never told that it was not understood.

    ``held`` is as its locked row is, so a change that waits is stopped here, and by nobody else meanwhile.
    """
    stop_held_change(held=held, now=now)
    field = held.field.value
    message: Message
    match held.state:
        case ChangeState.PENDING | ChangeState.CANCELLED:
            may_block = held.may_block
            message = ReplyStopped(field=field, block_code=code) if may_block else ReplyStoppedOnly(field=field)
        case ChangeState.CONFIRMED:
            at = held.ended_at or now
            message = (
                ReplyTooLate(field=field, at=at, block_code=code)
                if held.may_block
                else ChangeConfirmed(field=field, at=at)
            )
        case ChangeState.EXPIRED:
            message = ReplyRanOut(field=field)
        case _:
            assert_never(held.state)
    _answer(message, sender=sender, held=held, now=now)
    is_stopped = held.state in {ChangeState.PENDING, ChangeState.CANCELLED}
    return SmsReplyOutcome.STOPPED if is_stopped else SmsReplyOutcome.TOO_LATE


def _answer(message: Message, *, sender: str, held: HeldChange, now: datetime) -> None:
    identity = identity_by_id(held.identity_id)
    language = identity.language if identity else Language.DA
    _send(message, sender=sender, language=language, reference=held.identity_id, now=now)


def _not_understood(text: str, *, sender: str, now: datetime) -> SmsReplyOutcome:
    """Help who tries to answer while a change waits; tell anybody else whom we wrote to lately once a day at most.

    Strangers are not answered, and over the day's cost ceiling nobody is for whom no change waits: a forged sender
    must not have us send texts. The rows of the holders are locked, so that of two texts the second counts the first.
    """
    holders = holders_of_phone(sender)
    if not was_texted(references=[holder.id for holder in holders], since=now - WRITTEN_LATELY):
        return SmsReplyOutcome.IGNORED
    waits = is_attempt(text) and phone_waits_for_a_change(sender, now=now)
    if not may_be_told_again(told_at=_told_at(sender), waits=waits, now=now):
        return SmsReplyOutcome.IGNORED
    if not waits and spent_today(now=now).spending is Spending.OVER:
        return SmsReplyOutcome.IGNORED
    reference = _reference(blind_index(sender, purpose=SENDER))
    useful_until = now + HELP_LASTS
    language = holders[0].language
    _send(
        ReplyNotUnderstood(),
        sender=sender,
        language=language,
        reference=reference,
        now=now,
        useful_until=useful_until,
    )
    return SmsReplyOutcome.NOT_UNDERSTOOD


def _send(
    message: Message,
    *,
    sender: str,
    language: Language,
    reference: UUID,
    now: datetime,
    useful_until: datetime | None = None,
) -> None:
    address = Address(channel=Channel.SMS, value=sender, id=uuid7())
    enqueue(
        message=message,
        addresses=[address],
        language=language,
        reference=reference,
        useful_until=useful_until,
        now=now,
    )


def _told_at(sender: str) -> list[datetime]:
    """List when a number was lately answered, the newest first.

    A number has a reference for each readable version of the key for look-ups: counted under the active one alone,
    a rotation would let everybody be answered as often again.
    """
    references = [_reference(index) for index in blind_index_candidates(sender, purpose=SENDER)]
    limit = ANSWERS_A_DAY_WHILE_A_CHANGE_WAITS
    lines = [line for reference in references for line in deliveries_of(reference=reference, limit=limit)]
    return sorted((line.at for line in lines), reverse=True)[:limit]


def _reference(index: bytes) -> UUID:
    """Give an opaque id that stands for a number: sixteen bytes of its keyed hash. It is of use for a day."""
    return UUID(bytes=index[-16:])
