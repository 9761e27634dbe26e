"""SoftHSM made to hang for real: its token's files are locked by another process, and it waits for the locks.

No stand-in and nothing of ours is touched: every call that looks at a key waits inside the library, in whichever
process, until the locks are given back.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOLDER = """
import fcntl, sys
held = [open(file, "r+b") for file in sys.argv[1:]]
for file in held:
    fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def hanging(tokens: Path) -> Iterator[None]:
    """Within, the module does not answer."""
    files = [str(file) for file in tokens.rglob("*") if file.is_file()]
    assert files
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield
        finally:
            holder.terminate()
