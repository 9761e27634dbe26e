"""The command behind ``bin/bench``: run benchmarks and print what they measured."""

import json
import platform
import sys
from importlib import import_module
from pathlib import Path

import psutil

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """List the benchmarks there are."""
    return sorted(file.stem for file in FOLDER.glob("*.py") if not file.stem.startswith("_"))


def machine() -> dict[str, str | int]:
    """Describe what it ran on, for a figure means nothing without."""
    return {
        "cpu": _cpu_model(),
        "cores": psutil.cpu_count() or 0,
        "memory_mib": psutil.virtual_memory().total // 2**20,
        "python": platform.python_version(),
    }


def measure(name: str) -> str:
    """Run one benchmark.

    Returns: one line of JSON with ``name``, ``machine`` and ``figures``, which are numbers.
    Raises:  TypeError when a figure is none.
    """
    figures = import_module(f"bench.{name}").run()
    for key, value in figures.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name}: {key} is {value!r}, which is no number.")
    return json.dumps({"name": name, "machine": machine(), "figures": figures})


def main(arguments: list[str]) -> int:
    """Run the benchmark that is named, or all.

    Returns: the exit status; 2 for a name that there is not.
    """
    known = names()
    if len(arguments) > 1 or any(name not in known for name in arguments):
        print(f"usage: bin/bench [name]; the names are: {', '.join(known) or 'none yet'}", file=sys.stderr)
        return 2
    for name in arguments or known:
        print(measure(name), flush=True)
    return 0


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
