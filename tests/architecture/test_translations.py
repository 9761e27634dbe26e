"""Danish is complete: the catalogue says everything that code and templates say, and says it with the same parts."""

import ast
import gettext
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "locale" / "da" / "LC_MESSAGES" / "django.po"
APPS = ("audit", "hsm", "notifications", "identities", "authentication", "registration", "selfservice", "mitid_portal")
HTML_TAG = re.compile(r"</?[a-z][^<>]*>")
PLACEHOLDERS = {
    "python-format": re.compile(r"%\(\w+\)[^a-zA-Z]*[a-zA-Z]|%[-+#0]*[\d.]*[a-zA-Z]|%%"),
    "python-brace-format": re.compile(r"\{\w*(?:![rsa])?(?::[^{}]*)?\}"),
    "html": HTML_TAG,
}


def run(*command: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run bin/messages on a copy of the sources; the tree itself, where others read, is not touched."""
    copy = tmp_path_factory.mktemp("sources")
    for folder in (*APPS, "templates", "locale", "bin"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    (copy / ".venv").symlink_to(ROOT / ".venv")
    result = run(copy / "bin" / "messages", folder=copy)
    assert result.returncode == 0, result.stderr
    return copy / CATALOGUE.relative_to(ROOT)


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Give every English text with its Danish; each Danish plural form goes with the English singular."""
    compiled = tmp_path_factory.mktemp("compiled") / "django.mo"
    result = run("msgfmt", "--use-fuzzy", f"--output-file={compiled}", CATALOGUE)
    assert result.returncode == 0, result.stderr
    with compiled.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    pairs = [(key if isinstance(key, str) else key[0], text) for key, text in catalogue.items() if key]
    assert len(pairs) > 300
    return pairs


def entries(*options: str) -> list[str]:
    result = run("msgattrib", "--no-wrap", *options, CATALOGUE)
    assert result.returncode == 0, result.stderr
    return [line for line in result.stdout.splitlines() if re.match(r"(#~ )?msgid ", line) and line != 'msgid ""']


def test_no_english_text_is_missing_in_danish(extracted):
    result = run("msgcmp", "--use-fuzzy", "--use-untranslated", CATALOGUE, extracted)

    assert result.returncode == 0, f"Run bin/messages and translate what is new.\n{result.stderr}"


def test_no_danish_text_outlives_its_english(extracted):
    result = run("msgcmp", "--use-fuzzy", "--use-untranslated", extracted, CATALOGUE)

    assert result.returncode == 0, f"Run bin/messages.\n{result.stderr}"


@pytest.mark.parametrize("kind", ["--untranslated", "--only-fuzzy", "--only-obsolete"])
def test_every_entry_is_translated_for_certain(kind):
    assert entries(kind) == []


def test_catalogue_compiles():
    result = run("msgfmt", "--check", "--output-file=/dev/null", CATALOGUE)

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("kind", sorted(PLACEHOLDERS))
def test_danish_has_the_same_parts_as_english(sentences, kind):
    pattern = PLACEHOLDERS[kind]
    differing = [
        (english, danish)
        for english, danish in sentences
        if Counter(pattern.findall(english)) != Counter(pattern.findall(danish))
    ]

    assert differing == []


def test_tags_in_danish_are_closed(sentences):
    unbalanced = []
    for _, danish in sentences:
        tags = Counter(re.sub(r"[</>]|\s.*", "", tag) for tag in HTML_TAG.findall(danish) if tag != "<br>")
        unbalanced += [danish for count in tags.values() if count % 2]

    assert unbalanced == []


def texts_in_code() -> Iterator[tuple[str, ast.expr]]:
    """Give every text that gettext and its kin are called with, under whatever name a module has them."""
    for path in (file for app in APPS for file in (ROOT / app).rglob("*.py")):
        tree = ast.parse(path.read_text())
        names = {
            alias.asname or alias.name: alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
            for alias in node.names
            if "gettext" in alias.name
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                is_after_context = names[node.func.id].startswith(("pgettext", "npgettext"))
                yield f"{path}:{node.lineno}", node.args[1 if is_after_context else 0]


def test_extraction_finds_every_text_of_the_code(sentences):
    """What stands in an f-string, has another name or is not written out is passed by in silence: it stays English."""
    found = {english.rpartition("\x04")[2] for english, _ in sentences}
    texts = list(texts_in_code())
    passed_by = [
        f"{place}: {ast.unparse(text)}"
        for place, text in texts
        if not isinstance(text, ast.Constant) or text.value not in found
    ]

    assert len(texts) > 300
    assert passed_by == []
