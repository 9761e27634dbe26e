"""The module misbehaves in every way at once: no wrong answer, no hang, nothing left open, all well afterwards."""

import time

import pytest

from tests.hsm.programs import Token, run

pytestmark = [pytest.mark.django_db, pytest.mark.faults]


def test_key_2_a_thousand_random_faults_over_a_mixed_load(tmp_path):
    began = time.monotonic()
    seen = run(
        """
        from tests.faults.mixed_load import main
        main(seed=20261123, faults=1000, seconds=200)
        """,
        **Token.copied_to(tmp_path).environment,
        HSM_CALL_SECONDS="0.4",
        HSM_SESSIONS="3",
        LOG_LEVEL="CRITICAL",
    )
    print(seen, f"{time.monotonic() - began:.1f} s")
