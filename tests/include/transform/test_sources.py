from cca.transform.sources import SOURCES_PATH, sources_yaml


def test_dbts_sources_are_those_of_the_record_schemas() -> None:
    assert SOURCES_PATH.read_text() == sources_yaml(), "run `python -m cca.transform.sources`"
