"""``manage.py hsm``: what custodians type, and what they are told (KEY-1)."""

import time
from io import StringIO

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models.signals import post_save
from django.test import override_settings

from audit.models import AuditEvent
from hsm import api as hsm
from hsm.custodians import public_file_of
from hsm.management.words import REFUSALS, STOPS_WITHOUT
from hsm.models import Ceremony, Custodian, KeyVersion
from hsm.orders import fingerprint, is_signed_by
from hsm.states import DATA_KEY, CeremonyRefusal, KeyKind, KeyName
from hsm.token import keys
from tests.hsm.custody import Person, command, states_of, tidy_token, two_people
from tests.hsm.programs import Token, run
from tests.hsm.rotation import planted, without_keys

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(tmp_path):
    """Two people with their keys."""
    return two_people(tmp_path)


@pytest.fixture
def act(people, monkeypatch, settings):
    """A ceremony as both type it, where processes learn of a step at once; its keys are taken away again."""
    settings.KEYRING_SECONDS = 0.05
    tidy_token()

    def run_it(*words: str) -> str:
        first, second = people
        options = [first.option, second.option, "--passphrases-from-stdin"]
        return command(monkeypatch, *words, *options, lines=(first.passphrase, second.passphrase))

    yield run_it
    tidy_token()
    hsm.forget()


def test_a_custodian_makes_a_key_that_only_the_passphrase_opens(tmp_path, monkeypatch):
    file = tmp_path / "key.pem"
    printed = command(
        monkeypatch, "custodian-key", str(file), "--passphrases-from-stdin", lines=("long enough 12", "long enough 12")
    )
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED PRIVATE KEY" in file.read_bytes()
    assert "Fingerprint: " in printed
    with pytest.raises(CommandError, match="already"):
        command(monkeypatch, "custodian-key", str(file), "--passphrases-from-stdin", lines=("long enough 12",) * 2)


@pytest.mark.parametrize(
    ("lines", "said"), [(("short",) * 2, "12 characters"), (("long enough 12", "other"), "differ")]
)
def test_a_short_or_mistyped_passphrase_makes_no_file(tmp_path, monkeypatch, lines, said):
    with pytest.raises(CommandError, match=said):
        command(monkeypatch, "custodian-key", str(tmp_path / "key.pem"), "--passphrases-from-stdin", lines=lines)
    assert list(tmp_path.iterdir()) == []


def test_the_founding_makes_every_key_and_two_custodians(people, tmp_path):
    without_keys()
    (tmp_path / "empty").mkdir()
    token = Token.empty(tmp_path / "empty")
    first, second = people
    third = Person.new(tmp_path, "k3")
    typed = "".join(f"{person.passphrase}\n" for person in people)
    printed = run(
        f"""
        import io
        from django.core.management import call_command
        sys.stdin = io.StringIO({typed!r})
        call_command("hsm", "found", {first.option!r}, {second.option!r}, "--also", {third.public_option!r},
                     "--passphrases-from-stdin")
        use_every_key()
        """,
        **token.environment,
    )
    assert list(Custodian.objects.order_by("label").values_list("label", "state")) == [
        ("k1", "active"),
        ("k2", "active"),
        ("k3", "active"),
    ]
    assert {(row.name, row.version, row.state) for row in KeyVersion.objects.all()} == {
        (name.value, 1, "active") for name in KeyName
    }
    ceremony = Ceremony.objects.get()
    assert ceremony.act == "found"
    assert is_signed_by(ceremony.order, bytes(ceremony.second_signature), second.public_key)
    for person in (first, second, third):
        assert fingerprint(person.public_key) in printed
    for name in [*KeyName, DATA_KEY]:
        assert f"key:         {name}\n" in printed
    assert AuditEvent.objects.get().kind == "hsm.keys_founded"


def test_the_keys_are_founded_once(people, act):
    assert "PROTOCOL" in act("found")
    assert KeyVersion.objects.count() == len(KeyName), "keys that are there are kept"
    with pytest.raises(CommandError, match="founded"):
        act("found")


@pytest.mark.parametrize("name", ["lookup", DATA_KEY])
def test_a_whole_rotation_as_it_is_typed(people, act, monkeypatch, tmp_path, name, settings):
    act("found")
    protocol = tmp_path / "protocol.txt"
    printed = act("create", name, f"--protocol={protocol}")
    assert protocol.read_text() in printed
    for said in ("what:        create", f"key:         {name}", "version:     2", "state:       next", "check value: "):
        assert said in printed
    for person in people:
        assert fingerprint(person.public_key) in printed
    time.sleep(0.2)
    assert f"manage.py hsm destroy {name} VERSION" in act("rotate", name)
    assert states_of(name) == [(1, "verify-only"), (2, "active")]
    act("create", name)
    printed = act("destroy", name, "3")
    assert states_of(name)[2] == (3, "destroyed")
    founding, destroying = (Ceremony.objects.get(act=act) for act in ("found", "destroy"))
    told = command(monkeypatch, "protocol", str(destroying.id))
    assert ("version:     3" in told, "none, the key is destroyed" in told) == (True, True)
    told = command(monkeypatch, "protocol", str(founding.id))
    assert told.count("version: ") == told.count("version:     1") == len(KeyName) + 1
    if name == "lookup":
        assert "The token does not hold lookup 3." in printed
        assert "lookup.3" not in keys.labels()
    else:
        assert "none, the key is destroyed" in printed
        time.sleep(0.2)
        with pytest.raises(CommandError, match=r"still needs[^$]*audit"):
            act("destroy", name, "1")


def test_emptying_the_token_can_be_left_to_a_second_call_that_needs_no_signature(people, act, monkeypatch):
    act("found")
    act("create", "verifier")
    act("destroy", "verifier", "2", "--no-wait")
    assert "verifier.2" in keys.labels()
    assert "still holds verifier.2, which is destroyed" in command(monkeypatch, "keys")
    assert "does not hold verifier 2" in command(monkeypatch, "destroy", "verifier", "2")
    assert "verifier.2" not in keys.labels()


def test_retiring_says_what_stops(people, act):
    act("found")
    printed = act("retire", "token-signing", "1")
    assert STOPS_WITHOUT[KeyName.TOKEN_SIGNING] in printed
    assert "manage.py hsm create token-signing" in printed
    assert set(STOPS_WITHOUT) == {*KeyName, DATA_KEY}


def test_custodians_come_and_go_and_two_stay(people, act, tmp_path, monkeypatch):
    act("found")
    with pytest.raises(CommandError, match="two custodians stay"):
        act("dismiss-custodian", "k2")
    third = Person.new(tmp_path, "k3")
    act("enrol-custodian", third.public_option)
    with pytest.raises(CommandError, match="enrolled before"):
        act("enrol-custodian", third.public_option)
    assert "k1" in act("dismiss-custodian", "k1")
    with pytest.raises(CommandError, match="dismissed"):
        act("create", "lookup")
    with pytest.raises(CommandError, match="No active custodian"):
        command(monkeypatch, "dismiss-custodian", "k9", people[1].option, third.option, "--passphrases-from-stdin")
    kinds = list(AuditEvent.objects.order_by("id").values_list("kind", flat=True))
    assert kinds.count("hsm.custodian_enrolled") == kinds.count("hsm.custodian_dismissed") == 1
    about = AuditEvent.objects.get(kind="hsm.custodian_dismissed").subject_id
    assert about == Custodian.objects.get(label="k1").id
    listed = command(monkeypatch, "keys")
    assert "custodian k1               dismissed" in listed


def test_a_wrong_passphrase_and_a_missing_file_are_said_and_nothing_is_done(people, act, monkeypatch, tmp_path):
    act("found")
    first, second = people
    words = ("create", "lookup", first.option, second.option, "--passphrases-from-stdin")
    with pytest.raises(CommandError, match="does not open"):
        command(monkeypatch, *words, lines=(first.passphrase, "wrong wrong wrong"))
    with pytest.raises(CommandError, match="cannot be read"):
        command(monkeypatch, *words[:3], f"--custodian=k2:{tmp_path / 'none'}", words[-1], lines=(first.passphrase, ""))
    for options in ([], [first.option], [first.option, first.option]):
        with pytest.raises(CommandError, match="custodians sign"):
            command(monkeypatch, "create", "lookup", *options)
    assert states_of("lookup") == [(1, "active")]
    assert Ceremony.objects.count() == 1


def test_a_key_file_of_another_kind_is_no_custodians(people, act, monkeypatch, tmp_path):
    act("found")
    key = generate_private_key(SECP256R1())
    file = tmp_path / "other.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public_file_of(file).write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(CommandError, match="no Ed25519 key"):
        act("enrol-custodian", f"k4:{public_file_of(file)}")
    with pytest.raises(CommandError, match="does not open"):
        command(
            monkeypatch, "create", "lookup", people[0].option, f"--custodian=k2:{file}", "--passphrases-from-stdin",
            lines=(people[0].passphrase, "x"),
        )  # fmt: skip


def test_an_older_protocol_is_not_written_over(people, act, tmp_path):
    act("found")
    (tmp_path / "protocol").write_text("older")
    with pytest.raises(CommandError, match="already"):
        act("create", "lookup", f"--protocol={tmp_path / 'protocol'}")
    assert states_of("lookup") == [(1, "active")]


def test_the_list_says_what_does_not_fit(people, act, monkeypatch):
    planted("lookup.7", KeyKind.HMAC_SHA256)
    KeyVersion.objects.create(name="verifier", version=8, state="verify-only", algorithm="HMAC-SHA256")
    listed = command(monkeypatch, "keys")
    assert "The token holds lookup.7, which no ceremony recorded" in listed
    assert "The token does not hold verifier.8" in listed
    assert "log-seal-pq        1  ML-DSA-65    active" in listed


def test_without_the_module_nothing_is_done_and_that_is_said(people, act):
    act("found")
    hsm.forget()
    with override_settings(PKCS11_TOKEN_LABEL="not there"), pytest.raises(CommandError, match="Nothing was done"):
        act("create", "lookup")
    hsm.forget()


def test_a_lock_that_is_not_got_is_said_and_so_is_where_to_look(people, act, now):
    act("found")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE hsm_keyversion")
            with pytest.raises(CommandError, match=r"canceling statement due to lock timeout.* manage\.py hsm keys"):
                act("create", "lookup")
    finally:
        other.close()
    assert states_of("lookup") == [(1, "active")]


def test_what_reads_a_whole_table_has_no_time_limit(people, act, monkeypatch):
    """The log has no index on what its rows are keyed with, and grows for years."""
    act("found")
    act("create", DATA_KEY)  # used nowhere: every row of the log is read for it
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '40ms'")
        cursor.execute("ALTER TABLE audit_auditevent RENAME TO audit_auditevent_rows")
        cursor.execute("CREATE VIEW audit_auditevent AS SELECT event.* FROM audit_auditevent_rows event, pg_sleep(0.2)")
        try:
            assert "data-key           2  AES-256-GCM  next" in command(monkeypatch, "keys")
        finally:
            cursor.execute("DROP VIEW audit_auditevent")
            cursor.execute("ALTER TABLE audit_auditevent_rows RENAME TO audit_auditevent")
            cursor.execute("RESET statement_timeout")


def test_a_protocol_that_cannot_be_written_is_found_before_anything_is_done(people, act, tmp_path):
    act("found")
    with pytest.raises(CommandError, match=r"cannot be written.*Nothing was done"):
        act("create", "lookup", f"--protocol={tmp_path / 'no folder' / 'protocol'}")
    assert states_of("lookup") == [(1, "active")]


def test_a_refused_ceremony_leaves_no_file(people, act, tmp_path, monkeypatch):
    act("found")
    protocol = tmp_path / "protocol"
    first, second = people
    words = ("create", "lookup", first.option, second.option, "--passphrases-from-stdin", f"--protocol={protocol}")
    with pytest.raises(CommandError, match="does not open"):
        command(monkeypatch, *words, lines=(first.passphrase, "wrong wrong wrong"))
    assert not protocol.exists()


def test_what_took_place_is_never_called_nothing(people, act, monkeypatch, settings):
    """The module is gone just after the ceremony: it HELD, and the protocol is printed when the module is back."""
    act("found")
    label = settings.PKCS11_TOKEN_LABEL

    def lose():
        settings.PKCS11_TOKEN_LABEL = "not there"
        hsm.forget()

    def written(sender, **_said):
        transaction.on_commit(lose)

    post_save.connect(written, sender=Ceremony)
    try:
        with pytest.raises(CommandError, match="The ceremony HELD; its protocol could not be printed") as refused:
            act("create", "lookup")
    finally:
        post_save.disconnect(written, sender=Ceremony)
        settings.PKCS11_TOKEN_LABEL = label
        hsm.forget()
    assert "Nothing was done" not in str(refused.value)
    assert states_of("lookup") == [(1, "active"), (2, "next")]
    ceremony = Ceremony.objects.get(act="create")
    printed = command(monkeypatch, "protocol", str(ceremony.id))
    for said in (str(ceremony.id), "key:         lookup", "check value: ", fingerprint(people[0].public_key)):
        assert said in printed


def test_every_refusal_has_its_words():
    assert set(REFUSALS) == set(CeremonyRefusal)


@pytest.mark.parametrize(("is_soft", "may"), [(True, True), (False, False)])
def test_keys_without_custodians_are_for_demo_tests_and_rehearsal(is_soft, may):
    with override_settings(TESTING=False, DEMO=False, ALLOW_SOFT_HSM=is_soft):
        if may:
            call_command("hsm_provision", stdout=StringIO())
        else:
            with pytest.raises(CommandError, match=r"manage\.py hsm found"):
                call_command("hsm_provision")


def test_a_rehearsal_that_has_custodians_is_held_to_them(people, now):
    people[0].enrolled(now)
    with (
        override_settings(TESTING=False, DEMO=False, ALLOW_SOFT_HSM=True),
        pytest.raises(CommandError, match=r"manage\.py hsm found"),
    ):
        call_command("hsm_provision")
