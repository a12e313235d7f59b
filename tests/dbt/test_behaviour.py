"""From the lines of a transcript to work, its measures, the report and the digest."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import pytest

from cca.digest import read, text
from cca.gold.measures.behaviour import ASPECTS, BEHAVIOUR
from cca.gold.measures.select import select
from cca.settings import Settings
from cca.transform.build import transform
from cca.usage import behaviour, render, table
from cca.usage.reports import report
from tests.dbt.rows import build_settings, reader, write_raw
from tests.dbt.transcripts import rows_of_transcripts

FOLDER = "-srv-shop"
CART = "/srv/shop/cart.py"
KEY = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
Line = dict[str, Any]


class Script:
    """The lines of one session, a second after each other."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.lines: list[Line] = []

    def _add(self, **line: Any) -> None:
        number = len(self.lines)
        at = f"2026-10-05T09:00:{number:02}.000Z"
        self.lines.append(
            {"uuid": f"{self.session}-{number}", "sessionId": self.session, "timestamp": at,
             "cwd": "/srv/shop", "version": "2.1.280"} | line
        )  # fmt: skip

    def says(self, prompt: str) -> None:
        message = {"role": "user", "content": prompt}
        self._add(type="user", promptSource="typed", message=message)

    def calls(self, tool: str, values: Line, result: str, **rest: Any) -> None:
        """A response with one call, and its result."""
        number = len(self.lines)
        call = {
            "type": "tool_use",
            "id": f"{self.session}-t{number}",
            "name": tool,
            "input": values,
        }
        usage = {
            "input_tokens": 5, "output_tokens": 40,
            "output_tokens_details": {"thinking_tokens": 10},
        }  # fmt: skip
        message = {
            "id": f"{self.session}-m{number}", "role": "assistant", "model": "claude-opus-5-5",
            "stop_reason": "tool_use", "content": [call], "usage": usage,
        }  # fmt: skip
        self._add(type="assistant", effort="high", message=message)
        done = {"type": "tool_result", "tool_use_id": call["id"], "content": result}
        self._add(type="user", message={"role": "user", "content": [done]}, toolUseResult=rest)

    def edits(self) -> None:
        patch = [{"lines": ["+a", "-b"]}]
        values = {"file_path": CART, "old_string": "b", "new_string": "a"}
        self.calls("Edit", values, "done", filePath=CART, structuredPatch=patch)


def _sample() -> Script:
    script = Script("s1")
    script.says(f"Fix the cart, the key is {KEY}")
    script.calls("Read", {"file_path": CART}, "text", file={"filePath": CART})
    script.edits()
    script.calls("Bash", {"command": "pytest | tail -1"}, "1 failed, 2 passed", stdout="1 failed")
    script.edits()
    script.calls("Bash", {"command": "pytest | tail -1"}, "3 passed", stdout="3 passed")
    committed = "[main 1a2b3c4] Fix the cart\n 1 file changed, 2 insertions(+)"
    script.calls("Bash", {"command": "git commit -am x"}, committed, stdout=committed)
    script.says("No, that is wrong: the total is off")
    return script


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("behaviour")
    script = _sample()
    path = home / "projects" / FOLDER / f"{script.session}.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in script.lines))
    settings = build_settings(home)
    write_raw(settings, *rows_of_transcripts(home / "projects"))
    transform(settings)
    return settings


@pytest.fixture(scope="module")
def query(settings: Settings) -> Callable[[str], list[tuple[Any, ...]]]:
    return reader(settings)


def test_a_prompt_s_work_is_one_row(query: Callable[[str], list[tuple[Any, ...]]]) -> None:
    rows = query(
        "select turn_number, model, version, effort, is_followed, is_corrected, checks, "
        "failed_checks, files_read_before_edit, seconds_to_first_edit, edits, repeated_edits, "
        "checked_edits, one_shot_edits, changed_lines, measured_responses, thinking_tokens "
        "from marts.fct_work order by turn_number"
    )
    worked = (
        1, "claude-opus-5-5", "2.1.280", "high", True, True, 2, 1, 1, 3.0, 2, 1, 2, 1, 4, 6, 60,
    )  # fmt: skip
    nothing = (
        2, "unknown", "unknown", "unknown", False, False, 0, 0, None, None, 0, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip
    assert rows == [worked, nothing]


def test_the_aggregate_says_what_the_measures_say(settings: Settings) -> None:
    by = ["week", "model", "version", "effort"]
    ours = {
        "worked_prompts": "prompts", "followed_prompts": "followed_prompts",
        "correction_rate": "correction_rate", "one_shot_rate": "one_shot_rate",
        "interruptions_per_prompt": "interruptions_per_prompt",
        "declines_per_prompt": "declines_per_prompt", "work_failure_rate": "failure_rate",
        "files_read_per_work": "files_read_before_edit", "edits": "edits",
        "p50_seconds_to_first_edit": "p50_seconds_to_first_edit",
        "repeated_edit_rate": "repeated_edit_rate", "checked_edits": "checked_edits",
        "thinking_tokens_per_response": "thinking_tokens_per_response",
        "output_tokens_per_changed_line": "output_tokens_per_changed_line",
        "ended_calls_of_work": "ended_calls", "works_with_edits": "works_with_edits",
        "timed_works": "timed_edits", "measured_responses": "measured_responses",
        "changed_lines": "changed_lines",
    }  # fmt: skip
    assert {each.value.name for each in ASPECTS} | {each.cases.name for each in ASPECTS} <= set(
        ours
    )
    measures = [each for each in BEHAVIOUR if each.name in ours]
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
        measured = warehouse.execute(select(measures, by, order=", ".join(by))).fetchall()
        columns = ", ".join(ours[each.name] for each in measures)
        stored = warehouse.execute(
            f"select week_start, model, version, effort, {columns} from marts.agg_behaviour "
            "order by all"
        ).fetchall()
    assert len(measured) == 2
    assert measured == stored


def test_the_digest_tells_what_was_asked_and_done(settings: Settings) -> None:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
        found = read.read(warehouse, date(2026, 10, 5), date(2026, 10, 5))
        empty = read.read(warehouse, date(2026, 10, 6), date(2026, 10, 6))
        other = read.read(warehouse, date(2026, 10, 5), date(2026, 10, 5), project="-srv-other")
    (work,) = found.works
    assert (work.project, work.prompts, work.sessions, work.tool_calls) == ("shop", 2, 1, 6)
    assert (work.files_changed, work.lines_added, work.lines_removed) == (1, 2, 2)
    assert [(each.hash, each.subject) for each in work.commits] == [("1a2b3c4", "Fix the cart")]
    assert work.active_minutes == pytest.approx(13 / 60)
    written = text.markdown(found)
    for line in ("## shop", "- `cart.py` +2 -2", "- `1a2b3c4` Fix the cart", "Monday, 2026-10-05"):
        assert line in written
    assert KEY not in written
    assert KEY not in text.as_json(found)
    assert json.loads(text.as_json(found))["works"][0]["cost_usd"] == float(work.cost_usd)
    assert empty.works == other.works == ()
    assert text.NOTHING in text.markdown(empty)


def test_a_week_begins_on_monday() -> None:
    assert read.days_of("day", date(2026, 10, 7)) == (date(2026, 10, 7), date(2026, 10, 7))
    assert read.days_of("week", date(2026, 10, 7)) == (date(2026, 10, 5), date(2026, 10, 11))
    assert read.days_of("week", date(2026, 10, 5)) == (date(2026, 10, 5), date(2026, 10, 11))


def test_the_report_shows_each_value_with_its_cases(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    made = report(settings.warehouse_path, "behaviour")
    assert [row["model"] for row in made.rows] == ["claude-opus-5-5", "unknown"]
    assert made.totals["one_shot_rate"] == 0.5
    assert made.totals["checked_edits"] == 2
    shown = {each.value.name: behaviour.cell(each, made.totals) for each in ASPECTS}
    assert shown["one_shot_rate"] == "[dim]50.0 (2)?[/dim]"
    assert shown["correction_rate"] == "[dim]100 (1)?[/dim]"
    assert report(settings.warehouse_path, "behaviour", project="-srv-other").rows == ()
    table.print_table(made)
    assert "50.0 (2)?" in capsys.readouterr().out
    assert render.warning(made) == behaviour.NOTE
