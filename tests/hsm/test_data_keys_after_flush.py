"""The tests' own set-up: emptied tables get the keys back."""

import pytest

from hsm import api as hsm
from hsm.models import DataKey


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_transactional_test_has_the_keys(turn):
    assert DataKey.objects.count() == 1
    hsm.probe()


@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_that_asks_for_the_fixture_has_the_keys(turn, transactional_db):
    assert DataKey.objects.count() == 1
    hsm.forget()
    hsm.probe()


def test_a_plain_test_after_them_has_the_keys(db):
    assert DataKey.objects.count() == 1
    hsm.forget()
    hsm.probe()
