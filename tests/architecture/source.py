"""The project's own source, parsed once."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = (
    "mitid_portal",
    "registration",
    "selfservice",
    "authentication",
    "identities",
    "notifications",
    "hsm",
    "audit",
)


@dataclass(frozen=True)
class Module:
    """One Python file of ours."""

    path: Path  # from the root
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.path.parts[0]

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.path.parts

    def __str__(self) -> str:
        return str(self.path)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def docstrings(self) -> Iterator[str]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield ast.get_docstring(node) or ""


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Parse every file that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *folders],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = []
    for name in sorted(set(listed.split("\0"))):
        path = ROOT / name
        if name.endswith(".py") and path.is_file():
            text = path.read_text(encoding="utf-8")
            found.append(Module(Path(name), text, ast.parse(text, name)))
    return tuple(found)


def ours() -> tuple[Module, ...]:
    """Everything that runs, without migrations."""
    return tuple(module for module in modules(*PACKAGES) if not module.is_migration)


def imports(node: ast.AST) -> Iterator[str]:
    """Name what one import statement brings in, dotted."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name
    elif isinstance(node, ast.ImportFrom) and node.module:
        for alias in node.names:
            yield f"{node.module}.{alias.name}"
