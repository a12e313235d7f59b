"""Rectangles whose areas are given, as near to squares as they come (a squarified treemap); pure.

After M. Bruls, K. Huizing and J. J. van Wijk, "Squarified Treemaps", 2000.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float


def squarified(values: Sequence[float], box: Box) -> list[Box]:
    """One rectangle for each value, with its part of the area of `box`.

    Values are above 0 and in descending order.
    """
    found: list[Box] = []
    rest, left = list(values), box
    while rest:
        scale = left.width * left.height / sum(rest)
        short = min(left.width, left.height)
        number = 1
        while number < len(rest) and _worst(rest[: number + 1], short, scale) <= _worst(
            rest[:number], short, scale
        ):
            number += 1
        row, rest = rest[:number], rest[number:]
        boxes, left = _laid(row, left, scale)
        found += boxes
    return found


def _worst(row: Sequence[float], short: float, scale: float) -> float:
    """How far from a square the worst of a row is that lies along the short side."""
    thick = sum(row) * scale / short
    sides = [value * scale / thick for value in row]
    return max(max(side / thick, thick / side) for side in sides)


def _laid(row: Sequence[float], box: Box, scale: float) -> tuple[list[Box], Box]:
    """A row along the short side, and the room that it leaves."""
    is_wide = box.width >= box.height
    thick = sum(row) * scale / (box.height if is_wide else box.width)
    at = box.y if is_wide else box.x
    boxes = []
    for value in row:
        side = value * scale / thick
        boxes.append(Box(box.x, at, thick, side) if is_wide else Box(at, box.y, side, thick))
        at += side
    if is_wide:
        return boxes, Box(box.x + thick, box.y, box.width - thick, box.height)
    return boxes, Box(box.x, box.y + thick, box.width, box.height - thick)
