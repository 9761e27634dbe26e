"""The algorithms there are, by name."""

from types import MappingProxyType
from typing import Final

from hsm.algorithms.base import SigningAlgorithm
from hsm.algorithms.ed25519 import Ed25519
from hsm.algorithms.es256 import Es256
from hsm.algorithms.ml_dsa import MlDsa65

ALGORITHMS: Final = (
    Es256,
    Ed25519,
    MlDsa65,
)
"""One line each."""


class UnknownAlgorithm(LookupError):  # noqa: N818 - named like its siblings in hsm.errors
    """No algorithm has this name."""


_by_name: Final[dict[str, SigningAlgorithm]] = {kind.name: kind() for kind in ALGORITHMS}
algorithms: Final = MappingProxyType(_by_name)


def algorithm(name: str) -> SigningAlgorithm:
    """Give an algorithm by its name.

    Raises: UnknownAlgorithm.
    """
    try:
        return _by_name[name]
    except KeyError as error:
        raise UnknownAlgorithm(name) from error


def register(added: SigningAlgorithm) -> None:
    """Add an algorithm that comes from outside this package.

    Raises: ValueError when its name is taken.
    """
    if added.name in _by_name:
        raise ValueError("An algorithm's name is its own.")
    _by_name[added.name] = added
