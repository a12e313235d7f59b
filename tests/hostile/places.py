"""Where files lie and when they say they were written: projects, copies, clocks, forks."""

from datetime import UTC, datetime
from typing import Any

from tests.hostile.case import START, Case, Session

# What sync programs and people make of `x.jsonl`, beside the file itself.
COPIES = (
    "{0} 2.jsonl", "{0} copy.jsonl", "{0} (1).jsonl", "{0}-LAPTOP-7Q2B.jsonl",
    "{0} (Ada's conflicted copy 2026-11-10).jsonl", "{0} (SFConflict ada@e.org 2026-11-10).jsonl",
    "{0}.sync-conflict-20261110-090000-ABCDEFG.jsonl", "{0}_conflict-20261110-090000.jsonl",
    "{0} (conflicted copy 2026-11-10 090000).jsonl", "{0} [Conflict].jsonl", "{0} - Kopie.jsonl",
    "Kopie von {0}.jsonl", "Copy of {0}.jsonl", "{0}_NAS_Nov-10-0900-2026_Conflict.jsonl",
    "{0}~20261110-090000.jsonl", "{0} (Case Conflict).jsonl", "{0}.Conflict.jsonl",
)  # fmt: skip
# Folders that sync programs and file systems keep beside the real ones.
FOLDERS = (".stversions/{0}", ".sync/Archive/{0}", "{0} (1)", "{0} 2", ".Trash-1000/files/{0}")
# A timestamp that is plainly wrong, or none.
WRONG = (
    "2099-12-31T23:59:59Z", "1970-01-01T00:00:00.000Z", "0001-01-01T00:00:00Z", "yesterday", 0,
    "9" * 30, -1, "2026-13-45T99:99:99Z", 1e300, [], {"$date": 1}, True,
)  # fmt: skip


def _right(minute: int) -> tuple[Any, ...]:
    """One moment as different programs write it."""
    at = datetime(2026, 11, 10, 9, minute, tzinfo=UTC)
    seconds = int(at.timestamp())
    return (
        f"2026-11-10T09:{minute:02}:00Z", f"2026-11-10T14:{minute + 30:02}:00.000+05:30",
        f"2026-11-10 09:{minute:02}:00", f"2026-11-10T09:{minute:02}:00,000Z", seconds,
        seconds * 1000, str(seconds), str(seconds * 1000), float(seconds), f"{seconds}.000",
        seconds * 10**6, seconds * 10**9,
    )  # fmt: skip


def copies() -> Case:
    """A session and its subagent under the names of their copies: one of each, and one cost."""
    case = Case("copies", {
        "sessions": 1, "subagents": 1, "api_messages": 2, "messages": 4, "prompts": 1,
        "cost_usd": 0.048, "search": {"kind:prompt kestrel": 1, "kind:answer kestrel": 1},
    })  # fmt: skip
    session = case.session()
    session.asks("Where does the kestrel nest?")
    call = {"type": "tool_use", "id": "t1", "name": "Agent", "input": {"prompt": "Look"}}
    session.claude([{"type": "text", "text": "The kestrel nests here."}, call],
                   input_tokens=1000, output_tokens=1000)  # fmt: skip
    case.keep(session)
    agent = Session("copies agent", case.cwd)
    agent.user("Look", isSidechain=True, agentId="a1b2c3", sessionId=session.id)
    entry = agent.claude("On the roof.", input_tokens=1000, output_tokens=1000)
    entry.update(isSidechain=True, agentId="a1b2c3", sessionId=session.id)
    folder = f"{case.slug}/{session.id}/subagents"
    case.keep(agent, f"{folder}/agent-a1b2c3.jsonl")
    case.files[f"{folder}/agent-a1b2c3.meta.json"] = b'{"agentType":"Explore","toolUseId":"t1"}'
    for name in COPIES:
        case.files[f"{case.slug}/{name.format(session.id)}"] = session.data
        case.files[f"{folder}/{name.format('agent-a1b2c3')}"] = agent.data
    for name in FOLDERS:
        case.files[f"{name.format(case.slug)}/{session.id}.jsonl"] = session.data
    # What macOS writes beside a file on a foreign disk, and what is no transcript at all.
    case.files[f"{case.slug}/._{session.id}.jsonl"] = b"\0\5\26\7\0\2\0\0Mac OS X\n\0\0\n" * 4
    case.files[f"{case.slug}/.DS_Store"] = b"\0\0\0\1Bud1"
    case.files[f"{case.slug}/memory/notes.jsonl"] = session.data
    case.files[f"{case.slug}/audit.jsonl"] = b'{"type":"user","event":"login"}\n' * 3
    case.files[f"{case.slug}/{session.id}/hooks.jsonl"] = b'{"hook":"x","at":1}\n'
    return case


def clocks() -> Case:
    """Each way to write a time is understood; what is wrong is flagged and stretches nothing."""
    case = Case("clocks", {"started_at": START, "minutes": 5.0, "wrong": len(WRONG), "prompts": 1})
    session = case.session()
    session.asks("What time is it?")
    for stamp in (*_right(1), *WRONG, *_right(4)):
        session.claude("Late.")["timestamp"] = stamp
    session.claude("Still late.")["timestamp"] = "2026-11-10T09:05:00Z"
    return case.keep(session)


def places() -> Case:
    """Folders whose names look alike are two projects; one project keeps its history."""
    case = Case("places", {})
    names = {
        "/srv/hostile/設計": 1, "/srv/hostile/会計": 1,
        "/srv/hostile/a.b": 1, "/srv/hostile/a_b": 1,
        "C:\\Work\\Heron": 2, "/srv/hostile/repo": 1, "/srv/hostile/repo/.claude/worktrees/fix": 1,
        "/srv/hostile/100% #1? 'q\" &<b>": 1,
    }  # fmt: skip
    for cwd in (*names, "c:\\work\\heron\\"):
        session = Session(f"places {cwd}", cwd)
        session.asks(f"Where am I? {len(cwd)}")
        session.claude("Here.", input_tokens=1000, output_tokens=1000)
        from_slug = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in cwd)
        case.keep(session, f"{from_slug}/{session.id}.jsonl")
    case.expected["sessions_of"] = names
    return case


def forks() -> Case:
    """A fork that says nothing of its parent leaves history and cost with the original."""
    case = Case("forks", {
        "sessions": 2, "api_messages": 3, "cost_usd": 0.072, "prompts": 3,
        "search": {"kind:prompt osprey": 1},
    })  # fmt: skip
    original = case.session("original")
    original.asks("Find the osprey")
    original.claude("Found.", input_tokens=1000, output_tokens=1000)
    fork = case.session("fork")
    fork.lines = [
        {**line, "sessionId": fork.id} for line in original.lines if isinstance(line, dict)
    ]
    fork.minutes, fork.parent = 20, original.parent
    original.asks("And its nest")
    original.claude("Here.", input_tokens=1000, output_tokens=1000)
    fork.asks("And its prey")
    fork.claude("Fish.", input_tokens=1000, output_tokens=1000)
    case.expected["cost_of"] = {original.id: 0.048, fork.id: 0.024}
    return case.keep(fork).keep(original)


def branches() -> Case:
    """A branch that goes on before its original does leaves history and cost with that."""
    case = Case("branches", {"sessions": 2, "cost_usd": 0.072, "prompts": 3})
    original = case.session("original")
    original.asks("Find the merlin")
    original.claude("Found.", input_tokens=1000, output_tokens=1000)
    branch = case.session("branch")
    source = {"sessionId": original.id, "messageUuid": original.parent}
    branch.lines = [
        {**line, "sessionId": branch.id, "forkedFrom": source}
        for line in original.lines
        if isinstance(line, dict)
    ]
    branch.minutes, branch.parent, original.minutes = 5, original.parent, 20
    for session in (branch, original):
        session.asks("And its nest")
        session.claude("Here.", input_tokens=1000, output_tokens=1000)
        case.keep(session)
    case.expected["prompts_of"] = {original.id: 2, branch.id: 1}
    return case


def grammar() -> Case:
    """Words with dashes, quotes and signs are found as they stand; a lone dash leaves out."""
    case = Case("grammar", {"search": {
        "--no-verify": 1, "git --no-verify": 1, "-verify": 1, "godwit -verify": 1,
        "godwit --amend": 0, "'it''s'": 0, "C++": 1, "a/b.py:12": 1, "don't": 1, "-": 0,
        "$HOME": 1, "#1234": 1, "50%": 1,
    }})  # fmt: skip
    session = case.session()
    session.asks("godwit: run git commit --no-verify in $HOME")
    session.asks("godwit: C++ in a/b.py:12 is #1234, 50% done, don't stop")
    return case.keep(session)


CASES = (copies, clocks, places, forks, branches, grammar)
