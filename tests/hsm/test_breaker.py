"""The circuit breaker, as a machine of its own and against a small model."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hsm.token.breaker import FIRST_SECONDS, LONGEST_SECONDS, REFUSALS, TRIAL_SECONDS, Breaker, BreakerState


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(REFUSALS):
        breaker.refused(now)
    return breaker


def test_it_opens_after_some_refusals_in_a_row():
    breaker = Breaker()
    for _ in range(REFUSALS - 1):
        breaker.refused(0.0)
        assert breaker.admits(0.0)
    breaker.refused(0.0)
    assert not breaker.admits(0.0)


def test_a_success_begins_the_count_anew():
    breaker = Breaker()
    for _ in range(10):
        breaker.refused(0.0)
        breaker.succeeded()
    assert breaker.admits(0.0)


def test_one_trial_is_let_through_and_its_success_closes():
    breaker = opened()
    assert not breaker.admits(FIRST_SECONDS - 0.01)
    assert breaker.admits(FIRST_SECONDS)
    assert not breaker.admits(FIRST_SECONDS)
    breaker.succeeded()
    assert breaker.admits(FIRST_SECONDS)
    assert breaker.state is BreakerState.CLOSED


def test_each_trial_that_fails_keeps_it_open_longer_up_to_a_ceiling():
    breaker = opened()
    now, waits = FIRST_SECONDS, []
    for _ in range(8):
        assert breaker.admits(now)
        breaker.refused(now)
        wait = next(step / 100 for step in range(2000) if breaker.admits(now + step / 100))
        breaker.refused(now + wait)
        waits.append(wait)
        now += wait + LONGEST_SECONDS
    assert waits[0] == FIRST_SECONDS * 2
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_SECONDS


def test_a_trial_that_never_tells_its_outcome_makes_room_for_another():
    breaker = opened()
    assert breaker.admits(FIRST_SECONDS)
    assert not breaker.admits(FIRST_SECONDS + TRIAL_SECONDS - 0.01)
    assert breaker.admits(FIRST_SECONDS + TRIAL_SECONDS)


def test_while_a_call_hangs_nothing_closes_it_and_then_one_trial_goes():
    breaker = Breaker()
    breaker.hung()
    breaker.succeeded()
    breaker.refused(0.0)
    assert not breaker.admits(1_000.0)
    breaker.returned(1_000.0)
    assert breaker.admits(1_000.0)
    assert not breaker.admits(1_000.0)


class BreakerMachine(RuleBasedStateMachine):
    """Time passes, calls come and end; nobody is kept out longer than promised."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker()
        self.now = 0.0
        self.in_a_row = 0
        self.last_refusal = 0.0
        self.is_hung = False

    @rule(seconds=st.floats(0.0, 12.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(is_well=st.booleans())
    def a_call_comes(self, is_well: bool) -> None:
        was_closed = self.breaker.state is BreakerState.CLOSED
        if not self.breaker.admits(self.now):
            assert self.is_hung or self.in_a_row >= REFUSALS or not was_closed
            return
        assert not self.is_hung
        self._ends(is_well)

    @rule(is_well=st.booleans())
    def an_earlier_call_ends(self, is_well: bool) -> None:
        self._ends(is_well)

    @rule()
    def a_call_hangs(self) -> None:
        self.breaker.hung()
        self.is_hung = True

    @rule()
    def it_returns(self) -> None:
        self.breaker.returned(self.now)
        self.is_hung = False

    def _ends(self, is_well: bool) -> None:
        if is_well:
            self.breaker.succeeded()
            self.in_a_row = 0
            assert self.is_hung or self.breaker.state is BreakerState.CLOSED
        else:
            self.breaker.refused(self.now)
            self.in_a_row += 1
            self.last_refusal = self.now

    @invariant()
    def hung_means_nobody(self) -> None:
        assert self.is_hung == (self.breaker.state is BreakerState.HUNG)

    @invariant()
    def quiet_means_that_everybody_may(self) -> None:
        assert self.breaker.is_quiet == (self.breaker.state is BreakerState.CLOSED and self.breaker.refusals == 0)

    @invariant()
    def few_refusals_keep_it_closed_or_on_trial(self) -> None:
        if self.breaker.state is BreakerState.CLOSED:
            assert self.breaker.refusals < REFUSALS

    @invariant()
    def nobody_is_kept_out_for_longer_than_promised(self) -> None:
        if not self.is_hung:
            assert self.breaker._until <= self.now + LONGEST_SECONDS


TestBreakerMachine = BreakerMachine.TestCase
