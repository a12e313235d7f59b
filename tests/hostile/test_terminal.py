"""No sequence that a terminal would obey reaches one, through any command there is."""

import io
import sys
from collections.abc import Iterator, Mapping

import click
import pytest

from cca import cli
from cca.settings import get_settings
from tests.hostile.conftest import Home

# A title, colours by both codes, a cleared screen, text from right to left.
OBEYED = "\x1b]0;owned\x07\x1b[31mred\x9b2J\u202eevil"
# Every command, with arguments that make it show what transcripts, files and people say. A command
# without any shows nothing of them; its errors are looked at all the same.
SHOWN: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "up": (("--only", OBEYED),),
    "down": (),
    "status": ((), ("--json",)),
    "logs": ((), ("obeyed",), (OBEYED,)),
    "health": ((OBEYED,),),
    "mongo": (("--uri",),),
    "airflow": (),
    "sync": (("--once",),),
    "files": ((OBEYED,), ("main.py",), ("--json", OBEYED)),
    "follow": (),
    "browser": (("--list-users",), ("--remove-user", OBEYED)),
    "extract": (("--since", OBEYED),),
    "load": (),
    "transform": (),
    "dbt": (),
    "publish": (),
    "pipeline": (("--since", OBEYED),),
    "run backfill": (("--since", OBEYED),),
    "run daily": (),
    "run pipeline": (("--since", OBEYED),),
    "iceberg compact": ((),),
    "iceberg create": ((),),
    "iceberg drop": ((),),
    "iceberg expire": (),
    "iceberg info": ((),),
    "iceberg rollback": (("--as-of", OBEYED),),
    "iceberg snapshots": ((),),
    "usage": (
        ("project",), ("session",), ("model",), ("host",), ("tools",), ("causes",), ("errors",),
        ("waste",), ("context",), ("cache-breaks",), ("behaviour",), ("daily", "--json"),
        ("session", "--csv"), (OBEYED,), ("daily", "--project", OBEYED),
    ),
    "statusline": (("--template", OBEYED), ("--setup", "--template", OBEYED)),
    "budget remove": (("--project", OBEYED),),
    "budget set": (("5", "--project", OBEYED),),
    "budget show": ((), ("--json",)),
    "digest": (("week", "--date", "2026-11-10"), ("day", "--date", "2026-11-10"), (OBEYED,)),
    "query": (
        ("select * from marts.fct_tool_calls limit 200",),
        ("select title, git_branches, models from dim_sessions",),
        ("select chr(27) || '[31m' || chr(155) as \"a\x1b[31mb\"",),
        ("select * from marts.fct_errors", "--json"), ("select * from dim_projects", "--csv"),
        (f"select '{OBEYED}' from nowhere",),
    ),
    "search": (("whimbrel",), ("fix", "--json"), ("dep",), (OBEYED,), ("/[/",)),
    "mcp hello": (),
    "mcp token add": ((OBEYED,),),
    "mcp token list": ((),),
    "mcp token remove": ((OBEYED,),),
    "export": (
        ("--project", "/srv/hostile/printed"),
        ("--project", "/srv/hostile/printed", "--format", "html"),
        ("--project", "/srv/hostile/printed", "--format", "jsonl"),
        ("--session", OBEYED), ("--project", "/srv/hostile/printed", "--out", f"/no/{OBEYED}"),
    ),
    "dead-letters export": ((),),
    "dead-letters list": ((), ("--json",)),
    "dead-letters retry": (("1",), (OBEYED,)),
    "dead-letters show": (("1",), ("1", "--json"), (OBEYED,)),
    "users add": ((OBEYED, "--role", OBEYED),),
    "users list": ((),),
    "users remove": ((OBEYED,),),
    "demo": (),
    "demo-data": (("--out", "/proc/" + OBEYED),),
    "prices update": (),
    "metabase check": (),
    "metabase provision": (("--wait", OBEYED),),
    "docs": (),
    "doctor": ((), ("--data",)),
    "rebuild lake": (),
    "rebuild lists": (),
    "rebuild search": (),
    "rebuild warehouse": (),
    "schedule": (),
    "backup": (("/proc/" + OBEYED,),),
    "restore": (("/no/" + OBEYED,),),
    "forget": (
        ("--project", OBEYED), ("--project", "/srv/hostile/printed"), ("--gone", OBEYED),
        ("--project", "/srv/hostile/printed", "--dry-run"),
    ),
}  # fmt: skip
# Their own programs answer, in processes of their own, which `stack/by_hand.py` guards; and to a
# search any word is one to look for.
_NO_OPTIONS = frozenset({"airflow", "dbt", "search"})


class Screen(io.TextIOWrapper):
    """A terminal that keeps what was written to it."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def isatty(self) -> bool:
        return True

    @property
    def text(self) -> str:
        written = self.buffer
        assert isinstance(written, io.BytesIO)
        return written.getvalue().decode()


def _commands() -> Iterator[str]:
    def leaves(command: click.Command, path: tuple[str, ...]) -> Iterator[str]:
        if not isinstance(command, click.Group):
            yield " ".join(path)
            return
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from leaves(found, (*path, name))

    yield from leaves(cli.cca, ())


def _screens(monkeypatch: pytest.MonkeyPatch, home: Home, *arguments: str) -> str:
    """What a command writes to a terminal without colours of its own."""
    screens = Screen(), Screen()
    environment = home.settings.as_environment() | {"NO_COLOR": "1", "TERM": "dumb"}
    with monkeypatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["cca", *arguments])
        for name, stream in zip(("stdout", "stderr"), screens, strict=True):
            patch.setattr(sys, name, stream)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(OBEYED.encode()), "utf-8"))
        get_settings.cache_clear()
        try:
            cli.main()
        except SystemExit:
            pass
        finally:
            get_settings.cache_clear()
    return screens[0].text + screens[1].text


def _obeyed(text: str) -> set[str]:
    """The signs that a terminal would obey."""
    signs = {sign for sign in text if ord(sign) < 32 or 127 <= ord(sign) < 160}
    return (signs | ({"\u202e"} & set(text))) - set("\n\t\r")


def test_every_command_is_looked_at() -> None:
    """A command that is new here must say how to make it show what others wrote."""
    assert set(SHOWN) == set(_commands())


@pytest.mark.parametrize("command", sorted(set(SHOWN) - _NO_OPTIONS))
def test_an_error_of_a_command_is_harmless(
    home: Home, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    text = _screens(monkeypatch, home, *command.split(), f"--{OBEYED}")
    assert "evil" in text, "the error names what was wrong"
    assert _obeyed(text) == set()


@pytest.mark.parametrize(
    ("command", "arguments"),
    [(command, arguments) for command, several in SHOWN.items() for arguments in several],
)
def test_what_a_command_shows_is_harmless(
    home: Home, monkeypatch: pytest.MonkeyPatch, command: str, arguments: tuple[str, ...]
) -> None:
    log = home.settings.logs_dir / "obeyed.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"a line {OBEYED}\n")
    text = _screens(monkeypatch, home, *command.split(), *arguments)
    assert text, "it says something"
    assert _obeyed(text) == set()


def test_no_column_of_gold_holds_a_sequence(home: Home) -> None:
    """Any client shows gold: its texts read as they stood on a screen."""
    columns = home.gold.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'marts' and data_type = 'VARCHAR' order by all"
    ).fetchall()
    found = [
        f"{table}.{column}"
        for table, column in columns
        if home.gold.execute(
            f"select count(*) from marts.{table} where contains({column}, chr(27)) "
            f"or contains({column}, chr(155))"
        ).fetchall() != [(0,)]
    ]  # fmt: skip
    assert found == []
