"""What the operator is told: why a ceremony was refused and what to do, and what stops without a key."""

from typing import Final

from hsm.states import DATA_KEY, CeremonyRefusal, KeyName

REFUSALS: Final = {
    CeremonyRefusal.NOT_FOUNDED: "No custodian is enrolled. Begin with: manage.py hsm found",
    CeremonyRefusal.FOUNDED_ALREADY: "The keys are founded. Further custodians come by: manage.py hsm enrol-custodian",
    CeremonyRefusal.SAME_CUSTODIAN: "Two different custodians sign; these are one.",
    CeremonyRefusal.UNKNOWN_CUSTODIAN: "Nobody is enrolled under one of these labels. See: manage.py hsm keys",
    CeremonyRefusal.DISMISSED_CUSTODIAN: "One of these custodians was dismissed. Ask another one.",
    CeremonyRefusal.BAD_SIGNATURE: "A signature is not the enrolled custodian's. Is the file the right one's?",
    CeremonyRefusal.ORDER_OUT_OF_DATE: "The order was signed too late or by a wrong clock. Begin again.",
    CeremonyRefusal.ORDER_USED: "This order was carried out before. Begin again.",
    CeremonyRefusal.OTHER_INSTALLATION: "The order was signed for another token than the one in use here. Begin again.",
    CeremonyRefusal.ORDER_OVERTAKEN: "The keys have changed since the order was drawn up. Begin again.",
    CeremonyRefusal.UNFIT_ALGORITHM: "This key cannot have this algorithm.",
    CeremonyRefusal.NEXT_IS_THERE: "A next version is published already: rotate to it, or destroy it first.",
    CeremonyRefusal.NO_NEXT: "No next version is published. Begin with: manage.py hsm create",
    CeremonyRefusal.TOO_EARLY: (
        "Not every process knows of the last step yet, or a transaction of before is still open. "
        "Wait a little more than twice KEYRING_SECONDS."
    ),
    CeremonyRefusal.DOES_NOT_OPEN: (
        "The next version does not open: its row was changed. Find out by whom, destroy it, and create another."
    ),
    CeremonyRefusal.NOT_HELD: (
        "The token does not hold the next version. Bring back the token that does, or wait for the module's copies; "
        "else destroy this version, and create another."
    ),
    CeremonyRefusal.ROW_CHANGED: (
        "What the database says of a key or a custodian is not what the module vouched for: somebody changed it. "
        "See: manage.py hsm verify"
    ),
    CeremonyRefusal.NO_SUCH_VERSION: "There is no such version, or it is destroyed. See: manage.py hsm keys",
    CeremonyRefusal.NOT_ACTIVE: "This version is not active. See: manage.py hsm keys",
    CeremonyRefusal.HAS_SUCCESSOR: "A next version is published: rotate to it instead.",
    CeremonyRefusal.STILL_ACTIVE: "This version is active. Rotate to another, or retire it, first.",
    CeremonyRefusal.STILL_USED: "Something still needs this version. Re-wrap first: manage.py hsm rewrap",
    CeremonyRefusal.SESSIONS_UNSEEN: (
        "This database role cannot see whether a transaction of before is still open. As the database's superuser: "
        "GRANT pg_read_all_stats TO the role that holds ceremonies. Then begin again."
    ),
    CeremonyRefusal.NO_SUCH_CUSTODIAN: "No active custodian has this label. See: manage.py hsm keys",
    CeremonyRefusal.CUSTODIAN_IS_THERE: "This label or this public key was enrolled before; neither is used twice.",
    CeremonyRefusal.FEWER_THAN_TWO: "At least two custodians stay. Enrol another one first.",
}

STOPS_WITHOUT: Final = {
    KeyName.TOKEN_SIGNING: "receipts and tokens are not signed",
    KeyName.LOG_SEAL: "the log is not sealed; its rows are still written",
    KeyName.LOG_SEAL_PQ: "the log is not sealed; its rows are still written",
    KeyName.DATA_WRAP: "no data key and no post-quantum pair can be made or re-wrapped; everything else works",
    KeyName.SECRET_WRAP: "no code display or audio reader can be handed out; those that people have work",
    KeyName.LOOKUP: "nobody can be registered, and no user ID or contact changed; log-ins work",
    KeyName.VERIFIER: "no PIN, password or activation code can be set; those that people have work",
    DATA_KEY: "no personal data can be stored: registrations, changes and alerts refuse; log-ins work",
}
