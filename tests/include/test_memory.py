import gc

from cca.memory import few_collections


def test_the_collector_runs_seldom_meanwhile_and_as_before_afterwards():
    before = gc.get_threshold()
    with few_collections():
        assert gc.get_threshold()[0] > 100 * before[0]
    assert gc.get_threshold() == before
