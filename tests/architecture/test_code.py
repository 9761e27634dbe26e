"""The code keeps to the house's habits."""

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings

from tests.architecture.source import PACKAGES, ROOT, Module, imports, modules, ours

ENTRY_POINTS = {"views", "tasks", "management", "pages"}
BARE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "info", "data", "service", "services", "manager"}
TIME_READERS = re.compile(
    r"\b(datetime\.now|datetime\.utcnow|datetime\.today|date\.today|timezone\.now|timezone\.localdate|time\.time)\("
)


def lines(found: Iterator[str] | list[str]) -> str:
    return "\n".join(found)


def test_there_is_code_to_read() -> None:
    assert {module.package for module in ours()} == set(PACKAGES)


def test_the_layers_name_every_app_of_ours_and_nothing_else() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    by_id = {contract["id"]: contract for contract in contracts["contracts"]}
    layers = {name.strip() for layer in by_id["apps"]["layers"] for name in layer.split("|")}
    installed = {config.name.partition(".")[0] for config in apps.get_app_configs()} & {
        path.parent.name for path in ROOT.glob("*/apps.py")
    }

    assert layers == installed == set(PACKAGES) == set(contracts["root_packages"])
    containers = set(by_id["inside"]["containers"])
    assert {name for name in containers if "." not in name} == installed - {"mitid_portal"}
    assert {name for name in containers if "." in name} == {"authentication.app_api"}


def test_every_module_of_authentication_has_its_layer() -> None:
    """A module that no layer names may import whatever it likes."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    inside = next(contract for contract in contracts if contract["id"] == "inside")
    layered = set(re.findall(r"\w+", " ".join(inside["layers"])))
    entries = (ROOT / "authentication").iterdir()
    there = {entry.stem for entry in entries if entry.suffix == ".py" or (entry / "__init__.py").is_file()}

    assert there - layered == {"__init__", "apps", "checks", "migrations", "app_api"}  # the last has layers of its own


def test_the_clock_is_read_by_entry_points_only() -> None:
    def readers() -> Iterator[str]:
        for module in ours():
            if module.package == "mitid_portal" or ENTRY_POINTS & set(module.path.with_suffix("").parts):
                continue
            for node in ast.walk(module.tree):
                if any(name.startswith("mitid_portal.clock") for name in imports(node)):
                    yield f"{module}:{node.lineno}"  # type: ignore[attr-defined]

    assert lines(readers()) == ""


def test_time_comes_from_the_clock_and_nowhere_else() -> None:
    def readers() -> Iterator[str]:
        for module in ours():
            if str(module) in {"mitid_portal/clock.py", "mitid_portal/embedded/preparation.py"}:  # the day of a file
                continue
            for number, line in enumerate(module.text.splitlines(), 1):
                if TIME_READERS.search(line) or re.search(r"auto_now(_add)?=True", line):
                    yield f"{module}:{number}: {line.strip()}"

    assert lines(readers()) == ""


def test_nothing_acts_at_a_distance() -> None:
    """No signals of models or requests; Celery's own life-cycle signals are no models'."""

    def listeners() -> Iterator[str]:
        for module in ours():
            for node in ast.walk(module.tree):
                for name in imports(node):
                    if name.startswith(("django.db.models.signals", "django.dispatch", "django.core.signals")):
                        yield f"{module}: {name}"

    assert lines(listeners()) == ""


def test_no_module_is_named_after_nothing() -> None:
    assert [str(module) for module in ours() if BARE_NAMES & set(module.path.with_suffix("").parts)] == []


def test_nothing_of_ours_is_imported_inside_a_function() -> None:
    """An app's ``ready`` may: before it, Django is not set up."""

    def hidden() -> Iterator[str]:
        for module in ours():
            for function in module.functions():
                if (module.path.name, function.name) == ("apps.py", "ready"):
                    continue
                for node in ast.walk(function):
                    if any(name.partition(".")[0] in PACKAGES for name in imports(node)):
                        yield f"{module}:{node.lineno} in {function.name}"  # type: ignore[attr-defined]

    assert lines(hidden()) == ""


def test_a_task_takes_ids_and_nothing_else() -> None:
    """LOG-2: what a task is given lies in the broker and in log files."""

    def tellers() -> Iterator[str]:
        for module in ours():
            for function in module.functions():
                decorators = {ast.unparse(decorator).partition("(")[0] for decorator in function.decorator_list}
                if decorators & {"shared_task", "app.task", "celery_app.task"}:
                    for argument in [*function.args.args, *function.args.kwonlyargs]:
                        if not argument.arg.endswith(("_id", "_ids")) and argument.arg != "self":
                            yield f"{module}: {function.name}({argument.arg})"

    assert lines(tellers()) == ""


def test_files_stay_below_four_hundred_lines() -> None:
    long = [f"{module}: {count}" for module in every() if (count := len(module.text.splitlines())) >= 400]

    assert lines(long) == ""


def test_functions_stay_below_forty_lines() -> None:
    def long() -> Iterator[str]:
        for module in ours():
            for function in module.functions():
                body = function.body[1:] if ast.get_docstring(function) else function.body
                count = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                if count >= 40:
                    yield f"{module}: {function.name} has {count}"

    assert lines(long()) == ""


@pytest.mark.parametrize(
    "pattern",
    [
        "TO" + "DO",
        "FIX" + "ME",
        "X" + "XX",
        r"pytest\.mark\.(skip|xfail)|pytest\.(skip|xfail|importorskip)\(",
        r"raise NotImplemented" + "Error",
        r"except\s*:",
        r"#\s*noqa\s*($|[^:\s]|:\s*$)",
        r"type:\s*ignore(?!\[)",
        r"mock\.patch|@patch\(|patch\.object",
    ],
)
def test_nothing_is_left_undone_or_turned_off(pattern: str) -> None:
    def places() -> Iterator[str]:
        for module in every():
            if module.path.name == "test_code.py":
                continue
            for number, line in enumerate(module.text.splitlines(), 1):
                if re.search(pattern, line):
                    yield f"{module}:{number}: {line.strip()}"

    assert lines(places()) == ""


def test_every_app_says_what_it_is_for() -> None:
    for package in PACKAGES:
        readme = ROOT / package / "README.md"
        assert readme.is_file(), f"{package} has no README.md"
        assert 10 <= len(readme.read_text().splitlines()) <= 60, package


def test_every_module_begins_with_what_it_holds() -> None:
    assert [str(module) for module in every() if module.text.strip() and not ast.get_docstring(module.tree)] == []


def test_middleware_and_handlers_named_in_the_settings_are_ours_or_a_packages() -> None:
    """A dotted path is an import that import-linter does not see."""
    named = [name for name in settings.MIDDLEWARE if name.partition(".")[0] in PACKAGES]

    assert all(name.startswith(("mitid_portal.", "authentication.")) for name in named)


def every() -> tuple[Module, ...]:
    return tuple(module for module in modules(*PACKAGES, "tests", "bench") if not module.is_migration)
