"""Every key is rotated while everything is in use, and no request fails (KEY-3)."""

import json
from uuid import UUID

import pytest

from audit.sealer import sealer
from hsm import api as hsm
from hsm.states import DATA_KEY, KeyName
from tests.hsm.custody import states_of, tidy_token
from tests.hsm.programs import Token, finish, run, start

PROCESSES = 2
KEYRING_SECONDS = 0.4
NAMES = [*(name.value for name in KeyName), DATA_KEY]
ROW = UUID(int=7)

# Each thread makes values and reads those that it and others made before, over the key's whole way.
LOAD = """
import json, random
from pathlib import Path
from audit.sealer import sealer
made, failures, counts = [], [], {"requests": 0, "seen": {}}
lock, folder = threading.Lock(), Path(os.environ["FOLDER"])
until, forget = folder / "until", folder / "forget"

def note(name, version):
    with lock:
        counts["seen"].setdefault(name, set()).add(version)

def one_request(number):
    signature = hsm.sign(hsm.KeyName.TOKEN_SIGNING, b"m")
    seals = sealer().seal_signatures(b"seal")
    sealed = hsm.seal("a", purpose="p", bound_to=ROW)
    index = hsm.blind_index(str(number), purpose="p")
    stored = hsm.verifier("1", purpose="p", bound_to=ROW)
    version, peppered = hsm.pepper("secret")
    seed = hsm.wrap_seed(SEED)
    mac = sealer().row_mac(b"row")
    note("token-signing", signature.version)
    [note(seal.key, seal.version) for seal in seals]
    note("data-key", int.from_bytes(sealed[1:3], "big"))
    note("lookup", int.from_bytes(index[:2], "big"))
    note("verifier", int.from_bytes(stored[:2], "big"))
    note("secret-wrap", int.from_bytes(seed[:2], "big"))
    return number, signature, seals, sealed, index, stored, version, peppered, seed, mac

def check(number, signature, seals, sealed, index, stored, version, peppered, seed, mac):
    assert hsm.verify(hsm.KeyName.TOKEN_SIGNING, b"m", signature), "signature"
    assert all(sealer().seal_signature_matches(b"seal", seal) for seal in seals), "seal"
    assert hsm.open_sealed(sealed, purpose="p", bound_to=ROW) == "a", "column"
    assert index in hsm.blind_index_candidates(str(number), purpose="p"), "index"
    assert hsm.verifier_matches("1", stored, purpose="p", bound_to=ROW), "verifier"
    assert hsm.pepper("secret", version) == (version, peppered), "pepper"
    assert hsm.seed_hmac_sha1(seed, [bytes(8)])[0].hex() == "cc93cf18508d94934c64b65d8ba7667fb7cde4b0", "seed"
    assert sealer().row_mac_matches(b"row", mac), "row"

def work(number):
    try:
        while not until.exists():
            value = one_request(number)
            with lock:
                if forget.exists():
                    made.clear()
                made.append(value)
                older = random.choice(made)
            check(*value)
            check(*older)
            with lock:
                counts["requests"] += 1
    except BaseException as error:
        failures.append(repr(error))

threads = [threading.Thread(target=work, args=[number]) for number in range(3)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
counts["seen"] = {name: sorted(versions) for name, versions in counts["seen"].items()}
print(json.dumps(counts | {"failures": failures}))
"""


CONDUCTOR = """
from datetime import timedelta
from pathlib import Path
from hsm.states import DATA_KEY, Act, KeyName
from hsm.steps.ceremonies import Held
from hsm.token import keys
from hsm.usecases.ceremonies import erase_key
from hsm.usecases.rewrap import rewrap
from mitid_portal import clock
from tests.hsm.custody import hold, two_people

NAMES = [*(name.value for name in KeyName), DATA_KEY]
folder = Path(os.environ["FOLDER"])
people = two_people(folder)
for person in people:
    person.enrolled(clock.now() - timedelta(minutes=1))

def pause():
    time.sleep(float(os.environ["KNOWN_AFTER"]))

def hold_all(act, names=NAMES, version=None):
    for name in names:
        algorithm = "Ed25519" if (act, name) == (Act.CREATE, "token-signing") else None
        outcome = hold(people, act, name, version, now=clock.now(), algorithm=algorithm)
        assert isinstance(outcome, Held), (act, name, outcome)

time.sleep(1)
hold_all(Act.CREATE)
pause()
hold_all(Act.ROTATE)
pause()
time.sleep(1)
(folder / "forget").touch()  # from here on the load holds nothing of the first versions, as after a re-wrap
pause()
assert rewrap(now=clock.now()).is_whole  # the rows of the keys themselves are vouched for by the new verifier
freed = [name for name in NAMES if name not in {KeyName.DATA_WRAP, DATA_KEY}]
hold_all(Act.DESTROY, freed, 1)
pause()
for name in freed:
    assert erase_key(name=name, version=1, now=clock.now()), name
time.sleep(1)
(folder / "until").touch()
print(*sorted(keys.labels()))
"""


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_every_key_is_rotated_under_load_without_a_failed_request(tmp_path):
    tidy_token()
    environment = {
        **Token.copied_to(tmp_path).environment,
        "FOLDER": str(tmp_path),
        "KEYRING_SECONDS": str(KEYRING_SECONDS),
        "KNOWN_AFTER": str(2 * KEYRING_SECONDS + 0.1),
    }
    signature, sealed = hsm.sign(KeyName.TOKEN_SIGNING, b"m"), hsm.seal("a", purpose="p", bound_to=ROW)
    seals = sealer().seal_signatures(b"seal")
    workers = [start(LOAD, **environment) for _ in range(PROCESSES)]
    try:
        labels = set(run(CONDUCTOR, **environment).split())
    finally:
        (tmp_path / "until").touch()
        told = [json.loads(finish(worker)) for worker in workers]

    for each in told:
        assert each["failures"] == []
        assert each["requests"] > 20
        assert each["seen"] == {name: [1, 2] for name in NAMES if name != KeyName.DATA_WRAP}
    for name in NAMES:
        older = "verify-only" if name in {KeyName.DATA_WRAP, DATA_KEY} else "destroyed"
        assert states_of(name) == [(1, older), (2, "active")]
    in_token = set(KeyName) - {KeyName.LOG_SEAL_PQ}
    assert labels == {"data-wrap.1", *(f"{name}.2" for name in in_token)}
    # What was made before all this, in a process that knows the new state: the token here never saw the new verifier.
    run(
        f"""
        from audit.sealer import SealSignature, sealer
        from hsm.signing import Signature
        assert hsm.verify(hsm.KeyName.TOKEN_SIGNING, b"m", {signature!r})
        assert all(sealer().seal_signature_matches(b"seal", seal) for seal in {seals!r})
        assert hsm.open_sealed({sealed!r}, purpose="p", bound_to=ROW) == "a"
        """,
        **environment,
    )
    hsm.forget()
