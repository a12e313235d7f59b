from pathlib import Path

import pytest

from cca.lineage import datasets
from cca.settings import Settings
from cca.stack.airflow import airflow_environment


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(cca_home=tmp_path, mongo_uri="", cca_host="laptop", _env_file=None)


def test_the_archive_is_named_without_its_password(home: Settings):
    uri = "mongodb+srv://ada:s3cret@one.example.org:27017,two.example.org/?replicaSet=rs0"
    named = datasets.archive(home, uri)
    assert named.namespace == "mongodb://one.example.org:27017,two.example.org"
    assert named.name == "claude_logs.conversations"


def test_the_embedded_archive_is_named_by_its_machine(home: Settings):
    assert datasets.archive(home, "").namespace == "mongodb://laptop"


def test_the_lake_has_other_datasets_in_iceberg(home: Settings):
    assert str(home.lake_dir / "content_blocks") in {each.name for each in datasets.lake(home)}
    iceberg = home.model_copy(update={"storage_format": "iceberg"})
    assert "analytics.conversations" in {each.name for each in datasets.lake(iceberg)}


def test_gold_is_another_dataset_than_the_marts_of_the_warehouse(home: Settings):
    marts, gold = datasets.marts(home), datasets.gold(home)
    assert len(marts) == len(gold) > 20
    assert not {(each.namespace, each.name) for each in marts} & {
        (each.namespace, each.name) for each in gold
    }


def test_airflow_tells_nobody_by_default(home: Settings):
    environment = airflow_environment(home)
    assert environment["AIRFLOW__OPENLINEAGE__DISABLED"] == "True"
    assert "AIRFLOW__OPENLINEAGE__TRANSPORT" not in environment


@pytest.mark.parametrize(
    ("url", "key", "transport"),
    [
        ("http://marquez:5000", "", '{"type": "http", "url": "http://marquez:5000"}'),
        (
            "https://lineage.example.org",
            "k1",
            (
                '{"type": "http", "url": "https://lineage.example.org", '
                '"auth": {"type": "api_key", "apiKey": "k1"}}'
            ),
        ),
        (
            "file:///var/log/line%20age.jsonl",
            "",
            '{"type": "file", "log_file_path": "/var/log/line age.jsonl", "append": true}',
        ),
    ],
)
def test_events_go_to_a_server_or_to_a_file(home: Settings, url: str, key: str, transport: str):
    told = home.model_copy(update={"openlineage_url": url, "openlineage_api_key": key})
    environment = airflow_environment(told)
    assert environment["AIRFLOW__OPENLINEAGE__DISABLED"] == "False"
    assert environment["AIRFLOW__OPENLINEAGE__TRANSPORT"] == transport
