"""What people added to a dashboard of ours stays when the dashboard is sent again."""

from collections.abc import Collection
from typing import Any

from cca.dashboards.metabase.boards import FIELDS, VALUES

Json = dict[str, Any]

# What Metabase takes of a place on a dashboard; it tells more of each and refuses that.
_OF_A_PLACE = (
    "id", "card_id", "action_id", "row", "col", "size_x", "size_y", "dashboard_tab_id",
    "parameter_mappings", "visualization_settings", "inline_parameters",
)  # fmt: skip


def with_kept(body: Json, found: Json, own_cards: Collection[int]) -> Json:
    """Return our dashboard with the cards, texts, tabs and filters that people added to it.

    `found` is the dashboard as Metabase has it. Our cards stand on its first tab, in their own
    order; what people put where they stand now moves below them.
    """
    tabs = [{"id": tab["id"], "name": tab["name"]} for tab in found.get("tabs") or ()]
    first = tabs[0]["id"] if tabs else None
    ours = [{**place, "dashboard_tab_id": first} if tabs else place for place in body["dashcards"]]
    kept = [
        _sent(place)
        for place in found.get("dashcards") or ()
        if place.get("card_id") not in own_cards
    ]
    beside = [place for place in kept if place.get("dashboard_tab_id") == first]
    _move_below(ours, sorted(beside, key=lambda place: (place["row"], place["col"])))
    filters = [one for one in found.get("parameters") or () if one["id"] not in {*FIELDS, *VALUES}]
    return {
        **body,
        "dashcards": [*ours, *kept],
        "parameters": [*body["parameters"], *filters],
        **({"tabs": tabs} if tabs else {}),
    }


def _sent(place: Json) -> Json:
    sent = {name: place[name] for name in _OF_A_PLACE if place.get(name) is not None}
    if series := place.get("series"):
        sent["series"] = [{"id": one["id"]} for one in series]
    return sent


def _move_below(ours: list[Json], beside: list[Json]) -> None:
    """Change the rows of those places that ours cover."""
    bottom = max((place["row"] + place["size_y"] for place in [*ours, *beside]), default=0)
    for place in beside:
        if any(_overlap(place, one) for one in ours):
            place["row"] = bottom
            bottom += place["size_y"]


def _overlap(one: Json, other: Json) -> bool:
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("row", "size_y"), ("col", "size_x"))
    )
