"""A treemap: areas in proportion, that fill the whole and do not overlap, near to squares."""

import itertools

import pytest

from cca.dashboards.browser.numbers.squares import Box, squarified

WHOLE = Box(3, 5, 340, 100)
VALUES = [
    [6.0, 6, 4, 3, 2, 2, 1],
    [1.0],
    [1000.0, 1, 0.001],
    [1.0] * 50,
    [float(2**number) for number in range(20, 0, -1)],
]


@pytest.mark.parametrize("values", VALUES)
def test_each_area_is_the_part_of_its_value_and_together_they_fill_the_whole(
    values: list[float],
) -> None:
    boxes = squarified(values, WHOLE)
    whole = WHOLE.width * WHOLE.height
    for value, box in zip(values, boxes, strict=True):
        assert box.width * box.height == pytest.approx(whole * value / sum(values))
        assert box.x >= WHOLE.x - 1e-6
        assert box.y >= WHOLE.y - 1e-6
        assert box.x + box.width <= WHOLE.x + WHOLE.width + 1e-6
        assert box.y + box.height <= WHOLE.y + WHOLE.height + 1e-6
    for one, other in itertools.combinations(boxes, 2):
        across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
        along = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
        assert min(across, along) < 1e-6


def test_the_areas_are_near_to_squares() -> None:
    # The example of the paper: 6 by 4, whose worst rectangle is 3 high and 1.19 wide or better.
    boxes = squarified([6, 6, 4, 3, 2, 2, 1], Box(0, 0, 6, 4))
    assert boxes[0] == Box(0, 0, 3, 2)
    assert boxes[1] == Box(0, 2, 3, 2)
    worst = max(max(each.width / each.height, each.height / each.width) for each in boxes)
    assert worst < 2.8


def test_of_nothing_there_are_no_areas() -> None:
    assert squarified([], WHOLE) == []
