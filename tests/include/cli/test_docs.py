from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cca.cli import cca
from cca.transform.dbt import docs_page
from cca.usage.kinds import KINDS
from tests.dbt.rows import build_settings, write_raw


def _groups(command: click.Command, name: str) -> Iterator[tuple[str, click.Group]]:
    if isinstance(command, click.Group):
        yield name, command
        context = click.Context(command, info_name=name)
        for child in command.list_commands(context):
            yield from _groups(command.get_command(context, child), f"{name} {child}")


@pytest.mark.parametrize(("name", "group"), list(_groups(cca, "cca")))
def test_the_help_of_a_group_cuts_no_sentence(name: str, group: click.Group) -> None:
    page = CliRunner().invoke(group, ["--help"]).output
    assert "..." not in page.partition("Commands:")[2], name


def test_the_help_of_usage_names_every_report() -> None:
    page = CliRunner().invoke(cca, ["usage", "--help"]).output
    assert set(KINDS) <= set(page.replace(",", " ").split())


def test_the_docs_are_one_page_that_says_where_to_begin_and_what_a_column_means(tmp_path: Path):
    settings = build_settings(tmp_path)
    environment = {"CCA_HOME": str(tmp_path), "MONGO_URI": "mongodb://unused"}
    run = CliRunner()
    early = run.invoke(cca, ["docs"], env=environment)
    assert "cca load" in str(early.exception)
    write_raw(settings, [], [])
    done = run.invoke(cca, ["docs"], env=environment)
    assert done.output.strip() == str(docs_page(settings))
    page = docs_page(settings).read_text()
    assert "Where to begin" in page
    assert "where false the cost is too low" in page
