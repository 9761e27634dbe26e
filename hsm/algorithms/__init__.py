"""How pairs sign, by the algorithm's name: a new one is one class and one line of the registry (KEY-3)."""

from hsm.algorithms.base import MadePair, SigningAlgorithm
from hsm.algorithms.registry import UnknownAlgorithm, algorithm, algorithms, register

__all__ = ["MadePair", "SigningAlgorithm", "UnknownAlgorithm", "algorithm", "algorithms", "register"]
