"""The documents: generated pages are fresh, links lead somewhere, every page can be reached."""

import re
from pathlib import Path

import pytest

from cca.cli import COMMANDS, reference
from cca.settings import PROJECT_DIR
from cca.transform import dictionary

PAGES = [*PROJECT_DIR.glob("*.md"), *(PROJECT_DIR / "docs").rglob("*.md")]
GENERATED = reference.files() | dictionary.files()


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_generated_pages_are_up_to_date(path: Path) -> None:
    assert path.read_text() == GENERATED[path], "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT_DIR)))
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    broken = [link for link in _links(page) if not _leads_somewhere(page, link)]
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT_DIR)))
def test_commands_and_targets_that_a_page_names_exist(page: Path) -> None:
    text, targets = page.read_text(), (PROJECT_DIR / "Makefile").read_text()
    named = re.findall(r"(?:^|`)cca ([a-z][a-z-]+)", text, re.MULTILINE)
    assert not set(named) - set(COMMANDS)
    made = re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)
    assert not [name for name in made if not re.search(rf"^{name}:", targets, re.MULTILINE)]


def test_every_page_of_docs_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [PROJECT_DIR / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        targets = [(page.parent / link.split("#")[0]).resolve() for link in _links(page)]
        waiting += [target for target in targets if target.is_file()]
        waiting += [inner for target in targets if target.is_dir() for inner in target.glob("*.md")]
    assert set((PROJECT_DIR / "docs").rglob("*.md")) <= reached


def test_the_readme_is_short() -> None:
    assert len((PROJECT_DIR / "README.md").read_text().splitlines()) <= 150


def _links(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]


def _leads_somewhere(page: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return False
    return not anchor or anchor in _anchors(target)


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
