"""Numbers from a gold file, the empty states, and the next publish."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboards.browser.gold import Choice, session_cost
from dashboards.browser.numbers import model_names, numbers_page
from include.settings import Settings

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(cca_home=tmp_path, mongo_uri="mongodb://127.0.0.1:9", _env_file=None)


def publish(settings: Settings, number: int, cost: str, title: str = "Repair") -> None:
    settings.gold_dir.mkdir(exist_ok=True)
    path = settings.gold_dir / f"gold-{number}.duckdb"
    with duckdb.connect(str(path)) as gold:
        gold.execute("""
            create schema marts;
            create table marts.fct_api_messages (message_id text, session_id text, project_id text,
                model text, day date, input_tokens bigint, output_tokens bigint,
                cache_write_5m_tokens bigint, cache_write_1h_tokens bigint,
                cache_read_tokens bigint, cost_usd decimal(38, 10),
                cost_usd_with_web_search decimal(38, 10), is_price_known boolean);
            create table marts.dim_sessions (session_id text, project_id text, title text,
                started_at timestamp);
            create table marts.dim_projects (project_id text, project_path text);
            insert into marts.dim_projects values ('-p-atlas', '/p/atlas');
        """)
        gold.execute(
            "insert into marts.dim_sessions values ('s1', '-p-atlas', ?, ?)",
            [title, datetime(2026, 3, 1, tzinfo=UTC)],
        )
        for at, (model, known) in enumerate(
            [("claude-opus-4-8", True), ("claude-haiku-4-5-20251001", True), (EVIL, False)]
        ):
            gold.execute(
                "insert into marts.fct_api_messages values "
                f"('m{at}', 's1', '-p-atlas', ?, '2026-03-0{at + 1}', 1200, 3400, 0, 5000, 900000,"
                "?, 0, ?)",
                [model, cost, known],
            )
    link = settings.gold_dir / "next"
    link.symlink_to(path.name)
    link.replace(settings.gold_path)


def test_without_gold_the_page_says_how_to_get_it(home: Settings) -> None:
    assert "No numbers yet" in numbers_page(home, Choice())
    assert session_cost(home, "s1") is None


def test_the_figures_are_gold_s(home: Settings) -> None:
    publish(home, 1, "1.50")
    page = numbers_page(home, Choice())
    for part in ("$4.50", "10.2k", "2.7M", "opus-4-8", "haiku-4-5<", "atlas", "/?session=s1"):
        assert part in page
    assert str(session_cost(home, "s1")) == "4.5000000000"


def test_a_new_publish_is_on_the_next_page(home: Settings) -> None:
    publish(home, 1, "1.50")
    assert "$4.50" in numbers_page(home, Choice())
    publish(home, 2, "2.00")
    (home.gold_dir / "gold-1.duckdb").unlink()
    assert "$6.00" in numbers_page(home, Choice())


def test_models_without_a_price_are_named(home: Settings) -> None:
    publish(home, 1, "0")
    page = numbers_page(home, Choice())
    assert "No price is known for &lt;img src=x onerror=alert(1)&gt; (1 answer)" in page


def test_answers_without_a_model_are_told_from_models_without_a_price(home: Settings) -> None:
    publish(home, 1, "0")
    with duckdb.connect(str(home.gold_path.resolve())) as gold:
        gold.execute("update marts.fct_api_messages set model = null where not is_price_known")
    assert "1 answer names no model, so it has no price." in numbers_page(home, Choice())


def test_models_that_would_share_a_name_keep_their_ids() -> None:
    ids = ["claude-sonnet-4", "claude-sonnet-4-20250514", "claude-haiku-4-5-20251001"]
    names = model_names([*ids, "claude-3-sonnet"])
    assert list(names.values()) == [*ids[:2], "haiku-4-5", "claude-3-sonnet"]


def test_a_phone_shows_numbers_without_scrolling_sideways(run_site: Any, open_page: Any) -> None:
    site = run_site()
    publish(site.settings, 1, "1", title="A long title of a session " * 4)
    page = open_page(f"{site.url}/numbers", viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for name in ("Conversations", "7 days"):
        assert page.get_by_role("link", name=name).is_visible()
    assert page.get_by_label("Project", exact=True).is_visible()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    assert page.get_by_role("dialog").is_visible()


def test_a_period_or_project_without_messages_says_so(home: Settings) -> None:
    publish(home, 1, "1")
    assert "Nothing in this period" in numbers_page(home, Choice(project="-elsewhere"))
    assert "Nothing in this period" in numbers_page(home, Choice(days="7"))


def test_a_broken_gold_file_is_no_server_error(home: Settings) -> None:
    home.gold_dir.mkdir()
    (home.gold_dir / "gold-1.duckdb").write_bytes(b"not a database")
    home.gold_path.symlink_to("gold-1.duckdb")
    assert "cannot be read" in numbers_page(home, Choice())


def test_hostile_names_stay_text_on_the_page(run_site: Any, open_page: Any) -> None:
    site = run_site()
    publish(site.settings, 1, "1", title=EVIL)
    page = open_page(f"{site.url}/numbers?days=&by=tokens&project=%22%3E{EVIL}")
    page.get_by_role("heading", name="Nothing in this period").wait_for()
    page = open_page(f"{site.url}/numbers")
    page.locator("a", has_text=EVIL).wait_for()
    page.keyboard.press("d")
    page.get_by_label("Project", exact=True).select_option("-p-atlas")
    page.wait_for_url("**/numbers?project=-p-atlas*")
