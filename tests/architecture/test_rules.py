"""Every rule that docs/rules.md says is kept is cited where it is kept and where it is tested."""

import re

import pytest

from tests.architecture.source import PACKAGES, ROOT, modules

ROW = re.compile(r"^\| *([A-Z]{3}-\d+) *\|")


def kept() -> list[str]:
    """Read the ids of the first table."""
    table = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").partition("\n## Kept\n")[2].partition("\n## ")[0]
    return [found[1] for line in table.splitlines() if (found := ROW.match(line))]


def test_the_table_is_read() -> None:
    rules = kept()

    assert {"CHG-3", "UID-1", "BLK-2"} <= set(rules)
    assert len(rules) == len(set(rules))


@pytest.mark.parametrize("rule", kept())
def test_a_rule_is_cited_where_it_is_kept(rule: str) -> None:
    cited = re.compile(rf"\b{rule}\b")
    places = [module for module in modules(*PACKAGES) if any(map(cited.search, module.docstrings()))]

    assert places, f"No docstring of the code cites {rule}."


@pytest.mark.parametrize("rule", kept())
def test_a_rule_is_named_by_a_test(rule: str) -> None:
    cited = re.compile(rf"\b{rule}\b")
    places = [module for module in modules("tests") if cited.search(module.text) and "architecture" not in str(module)]

    assert places, f"No test names {rule}."


def test_no_file_cites_a_rule_that_there_is_not() -> None:
    listed = set(re.findall(r"\b[A-Z]{3}-\d+\b", (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")))
    families = {rule.partition("-")[0] for rule in kept()}
    unknown = [
        f"{module}: {rule}"
        for module in modules(*PACKAGES, "tests")
        for rule in set(re.findall(r"\b[A-Z]{3}-\d+\b", module.text))
        if rule.partition("-")[0] in families and rule not in listed
    ]

    assert unknown == []
