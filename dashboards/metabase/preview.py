"""Draws the boards without a Metabase: `python -m cca.dashboards.metabase.preview GOLD OUT.html`.

The page reads the settings that Metabase is sent and draws with ECharts, as Metabase does. So it
shows what a chart, an axis, an empty day or a format comes to; it is not Metabase.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import panel as pn

from cca.dashboards.metabase.boards import VALUES, Board, Question, load_boards
from cca.dashboards.metabase.payloads import Place, card, dashboard
from cca.dashboards.metabase.sql import with_filters

Json = dict[str, Any]

_HERE = Path(__file__).parent
# Panel brings it: nothing is fetched.
_ECHARTS = "dist/bundled/echarts/echarts@*/dist/echarts.min.js"
_PLACE = Place(1, 1, "http://localhost:3000", {**VALUES})


def page(gold: Path, boards: tuple[Board, ...]) -> str:
    """Return one HTML page with every board, drawn over a gold file."""
    (echarts,) = Path(pn.__file__).parent.glob(_ECHARTS)
    with duckdb.connect(str(gold), read_only=True) as connection:
        drawn = [_board(connection, board) for board in boards]
    data = base64.b64encode(json.dumps(drawn, default=_plain).encode()).decode()
    return (
        (_HERE / "preview.html")
        .read_text()
        .replace("/*echarts*/", echarts.read_text())
        .replace("/*drawing*/", (_HERE / "preview.js").read_text())
        .replace("DATA", data)
    )


def _board(connection: duckdb.DuckDBPyConnection, board: Board) -> Json:
    numbers = {question.key: number for number, question in enumerate(board.questions)}
    places = dashboard(board, numbers, _PLACE)["dashcards"]
    cards = [
        _card(connection, question) | place
        for question, place in zip(board.questions, places, strict=True)
    ]
    return {"key": board.key, "name": board.name, "about": board.about, "cards": cards}


def _card(connection: duckdb.DuckDBPyConnection, question: Question) -> Json:
    answer = connection.execute(with_filters(question, {}))
    columns = [column[0] for column in answer.description]
    sent = card(question, columns, dict.fromkeys(question.filter_columns, 1), _PLACE)
    return {
        "name": question.name,
        "display": sent["display"],
        "settings": sent["visualization_settings"],
        "columns": columns,
        "rows": answer.fetchall(),
    }


def _plain(value: Any) -> Any:
    """A number of DuckDB that JSON has no kind for, or a time as text."""
    return value.isoformat() if hasattr(value, "isoformat") else float(value)


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(page(Path(sys.argv[1]), load_boards()))
