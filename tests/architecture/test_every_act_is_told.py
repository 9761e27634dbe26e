"""ALR-2: each act that a citizen must hear of has a kind of message, and code that sends it."""

import ast
from collections.abc import Iterator

import pytest

from notifications import words
from notifications.messages import BY_KIND
from notifications.states import MessageKind
from tests.architecture.source import modules

ABOVE = ("identities", "authentication", "selfservice", "registration")

ALR_2 = {
    "an attempt to change in self-service": {MessageKind.CHANGE_REQUESTED, MessageKind.CHANGE_RAN_OUT},
    "an attempt that was stopped": {MessageKind.CHANGE_STOPPED},
    "phone, e-mail, user ID or password changed": {MessageKind.CHANGE_CONFIRMED},
    "authenticator activated": {MessageKind.AUTHENTICATOR_ACTIVATED},
    "authenticator blocked": {MessageKind.AUTHENTICATOR_BLOCKED},
    "authenticator suspended, and open again": {
        MessageKind.AUTHENTICATOR_SUSPENDED,
        MessageKind.AUTHENTICATOR_REOPENED,
    },
    "app on a new device": {MessageKind.APP_COPIED},
    "MitID issued, blocked or reopened": {
        MessageKind.IDENTITY_ISSUED,
        MessageKind.IDENTITY_BLOCKED,
        MessageKind.IDENTITY_REOPENED,
    },
    "simultaneous requests": {MessageKind.SIMULTANEOUS_REQUESTS},
    "so many wrong answers that BLOCK is not heard": {MessageKind.WRONG_REPLIES},
    "text messages stopped, and a change that this did not stop": {
        MessageKind.TEXTS_STOPPED,
        MessageKind.CHANGE_STILL_WAITS,
    },
    "code issued": {MessageKind.CODE_ISSUED},
    "every act of an officer on the identity": {MessageKind.OFFICER_ACTED},
}
NO_ALERTS = {  # codes that somebody waits for, answers to what somebody wrote, and a sign to operators
    MessageKind.CONTACT_CODE,
    MessageKind.ACTIVATION_CODE,
    MessageKind.TEMPORARY_PIN,
    MessageKind.REPLY_STOPPED,
    MessageKind.REPLY_TOO_LATE,
    MessageKind.REPLY_RAN_OUT,
    MessageKind.REPLY_STOPPED_ONLY,
    MessageKind.REPLY_BLOCKED,
    MessageKind.REPLY_NOT_UNDERSTOOD,
    MessageKind.HEARTBEAT,
}
SENT_BY_NOTIFICATIONS = {MessageKind.HEARTBEAT}  # by a task of its own, to no citizen

TELLS = {  # what an officer does to an identity, and the call that tells its citizen
    "approve_and_issue": "issue_identity",
    "approve_and_reopen": "reopen_identity",
    "approve_authenticator": "tell_of_act",
    "block_authenticator_for_caller": "block_authenticator",
    "block_for_caller": "block_identity",
    "block_in_case": "block_identity",
    "cancel_case": "tell_of_act",
    "cancel_change_for_caller": "cancel_change",
    "find_citizen": "tell_of_act",
    "give_paper_code": "give_activation_code",
    "hand_out_device": "hand_out_code_device",
    "look_up_citizen": "tell_of_act",
    "refuse_case": "tell_of_act",
    "reopen_authenticator_in_case": "reopen_authenticator",
    "resync_for_caller": "tell_of_act",
    "resync_in_case": "tell_of_act",
    "second_approve": "reopened",
    "send_code_for_caller": "give_activation_code",
    "send_pin_for_caller": "tell_of_act",
    "tell_user_id": "tell_of_act",
}
TELLS_NOBODY = {  # and why
    "answer_caller_question": "part of a call that began with find_citizen, which told",
    "answer_question": "part of a case whose look-up told",
    "ask_questions": "part of a case whose look-up told",
    "check_caller_number": "part of a call that began with find_citizen, which told",
    "create_office": "concerns no citizen",
    "create_officer": "gives a right in the backoffice; nothing about the identity changes",
    "create_organisation": "concerns no citizen",
    "import_devices": "concerns no citizen",
    "open_case": "no citizen is known yet",
    "put_into_stock": "concerns no citizen",
    "record_passport": "part of a case whose look-up told",
    "resend_dead_letter": "sends again what tells the citizen; nothing about the identity changes",
    "results": "the outcomes of the others",
    "search_log": "reads the log, which keeps who read it; the auditor acts on no identity",
    "send_contact_code": "part of a case whose look-up told; goes to a contact that is no identity's yet",
    "take_contact_code": "part of a case whose look-up told; the approval puts the contact in place, and tells",
    "view_log_event": "reads the log, which keeps who read it; the auditor acts on no identity",
    "view_seals": "concerns no citizen",
}


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def test_the_table_has_every_kind() -> None:
    told = set().union(*ALR_2.values())

    assert told | NO_ALERTS == set(MessageKind)
    assert not told & NO_ALERTS


@pytest.mark.parametrize("kind", MessageKind)
def test_every_kind_is_sent_by_something(kind: MessageKind) -> None:
    wanted = BY_KIND[kind].__name__
    apps = ("notifications",) if kind in SENT_BY_NOTIFICATIONS else ABOVE
    senders = {str(module) for module in modules(*apps) for call in calls(module.tree) if name_of(call) == wanted}

    assert senders, f"Nothing makes a {wanted}."


def test_every_act_of_an_officer_is_told_or_said_why_not() -> None:
    usecases = {module.path.stem: module for module in modules("registration") if "usecases" in module.path.parts}
    usecases.pop("__init__")
    silent = [
        f"{name} does not call {call_that_tells}"
        for name, call_that_tells in TELLS.items()
        if call_that_tells not in {name_of(call) for call in calls(usecases[name].tree)}
    ]

    assert set(usecases) == set(TELLS) | set(TELLS_NOBODY)
    assert silent == []


def test_every_act_that_is_told_has_words_and_no_words_are_without_an_act() -> None:
    acts = set()
    for module in modules("registration"):
        for call in calls(module.tree):
            if name_of(call) == "tell_of_act":
                (act,) = [keyword.value for keyword in call.keywords if keyword.arg == "act"]
                names = act if isinstance(act, ast.Constant) else module.tree
                acts |= {
                    node.value
                    for node in ast.walk(names)
                    if isinstance(node, ast.Constant) and node.value in words.codes("act")
                } or {ast.unparse(act)}

    assert acts == set(words.codes("act")) - {"other"}
