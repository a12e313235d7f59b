from pathlib import Path

from click.testing import CliRunner

from cca.cli import cca
from cca.transform.dbt import docs_page
from tests.dbt.rows import build_settings, write_raw


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
