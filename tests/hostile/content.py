"""What is said: every kind of block, attachment and note, and text that a terminal would obey."""

from typing import Any

from tests.hostile.case import Case

LINK = "\x1b]8;;https://e.org\x07link\x1b]8;;\x07"
# As printed, and how it reads.
PRINTED = (
    ("\x1b[38;2;255;0;0mwhim\x1b[48;5;17mbrel\x1b[0m", "whimbrel"),
    (f"see {LINK} here", "see link here"),
    ("10%\r 50%\r100% curlew\x1b[K", "100% curlew"),
    ("\x9b31mdotterel\x9b0m", "dotterel"),
    ("\x1bPq#0;2;0;0;0\x1b\\lapwing", "lapwing"),
    ("\x1b[?2004h\x1b[2Jtur\x1b[1mnstone\x1b[?25l", "turnstone"),
    ("wrynecx\bk", "wryneck"),
    ("\x1b]0;title\x1b\\red\x00shank", "redshank"),
)  # fmt: skip
NEW_ATTACHMENTS: tuple[dict[str, Any], ...] = (
    {"type": "voice_memo", "transcript": "the avocet speaks", "seconds": 3},
    {"type": "file_watch_event", "path": "/a.py", "what": "the gadwall moved"},
    {"type": "directory_quota", "limits": {"left": {"bytes": 7, "owner": "pochard"}}},
    {"note": "an attachment without a type says smew"},
)
BLOCKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("goosander", {"type": "search_result", "title": "goosander", "source": "https://e.org",
                   "content": [{"type": "text", "text": "found"}]}),
    ("garganey", {"type": "resource", "resource": {"uri": "file:///g", "text": "garganey"}}),
    ("wigeon", {"type": "document", "title": "b.txt",
                "source": {"type": "text", "media_type": "text/plain", "data": "wigeon"}}),
    ("shoveler", {"type": "document", "source": {"type": "content", "content": [
        {"type": "text", "text": "shoveler"}]}}),
    ("teal", {"type": "hologram", "layers": [{"caption": "teal"}]}),
)  # fmt: skip
RESULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("merganser", {"type": "code_execution_tool_result",
                   "content": {"type": "code_execution_result", "stdout": "merganser",
                               "return_code": 0}}),
    ("scoter", {"type": "web_fetch_tool_result", "content": {
        "type": "web_fetch_result", "url": "https://e.org", "content": {
            "type": "document", "source": {"type": "text", "data": "scoter"}}}}),
    ("goldeneye", {"type": "mcp_tool_result", "content": [{"type": "text", "text": "goldeneye"}]}),
    ("eider", {"type": "bash_code_execution_tool_result",
               "content": {"type": "bash_code_execution_result", "stderr": "eider"}}),
    ("pintail", {"type": "tool_result", "content": [
        {"type": "resource", "resource": {"uri": "x:y", "text": "pintail"}},
        {"type": "tool_reference", "tool_name": "mallard"}]}),
)  # fmt: skip
NOTES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("bittern", {"type": "attachment", "attachment": {
        "type": "hook_blocking_error", "hookName": "Stop", "blockingError": "bittern"}}),
    ("corncrake", {"type": "attachment", "attachment": {
        "type": "hook_system_message", "content": "corncrake"}}),
    ("spoonbill", {"type": "system", "subtype": "quota_notice", "details": {"what": "spoonbill"}}),
    ("crossbill", {"type": "system", "subtype": "informational", "content": "crossbill"}),
    ("hawfinch", {"type": "mood-ring", "colour": {"of": ["hawfinch"]}}),
    ("siskin", {"type": "pr-link", "prNumber": 3, "prUrl": "https://e.org/siskin/3",
                "prRepository": "siskin/x"}),
)  # fmt: skip


# Calls whose own names, files and subagents a terminal would obey.
NAMED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("mcp__s\x1b[31mv__t\x1b[2J", {"q": "\x1b[31m"}),
    ("Edit", {"file_path": "/a/\x1b[31mb.py", "old_string": "a", "new_string": "b"}),
    ("Agent", {"subagent_type": "Ex\x1b[31mp", "prompt": "x", "description": "d\x1b[31m"}),
    ("Skill", {"skill": "dep\x1b[31mloy"}),
    ("Bash", {"command": "git commit -m '\x1b[31mfix'; pytest"}),
)


def kinds() -> Case:
    """Every kind of content is shown, searched and exported."""
    words = [word for group in (BLOCKS, RESULTS, NOTES) for word, _ in group]
    words += ["avocet", "gadwall", "pochard", "smew", "mallard", "linnet"]
    case = Case("kinds", {"prompts": 1, "words": words})
    session = case.session()
    session.asks("Show all of it")
    for number, (_, block) in enumerate(RESULTS):
        name = f"call{number}"
        is_own = block["type"] == "tool_result"
        call = {"type": "tool_use" if is_own else "server_tool_use", "id": name, "name": "run",
                "input": {"of": number or "linnet"}}  # fmt: skip
        answer = {"tool_use_id": name, **block}
        session.claude([call] if is_own else [call, answer])
        if is_own:
            session.user([answer])
    session.claude([block for _, block in BLOCKS if block["type"] != "document"])
    session.user([block for _, block in BLOCKS if block["type"] == "document"], isMeta=True)
    for given in NEW_ATTACHMENTS:
        session.attachment(**given)
    for _, note in NOTES:
        session.add(**{"kind" if name == "type" else name: value for name, value in note.items()})
    case.expected["search"] = {f"{word} session:{session.id}": 1 for word in words}
    return case.keep(session)


def printed() -> Case:
    """What a terminal would obey is coloured on pages, and plain everywhere else."""
    read = [text for _, text in PRINTED]
    case = Case("printed", {"prompts": 1, "first_prompt": "Run it", "title": "Mine"})
    session = case.session()
    session.asks("Run \x1b[1mit")
    for number, (text, _) in enumerate(PRINTED):
        call = {
            "type": "tool_use",
            "id": f"p{number}",
            "name": "Ba\x1b[31msh",
            "input": {"command": text},
        }
        session.claude([call, {"type": "text", "text": f"`{text}`"}], "claude-\x1b[2Jopus-5-5")
        session.user([{"type": "tool_result", "tool_use_id": f"p{number}", "content": text}])
    for name, given in NAMED:
        call = {"type": "tool_use", "id": f"n{name}", "name": name, "input": given}
        entry = session.claude([call], "claude-opus-5-5", input_tokens=9, output_tokens=9)
        entry.update(
            gitBranch="\x1b[31mdev",
            version="2\x1b[2J",
            attributionSkill="s\x1b[31mk",
            attributionMcpServer="m\x1b[31mc",
            attributionMcpTool="t\x1b[31ml",
        )
        failed = {"type": "tool_result", "tool_use_id": f"n{name}", "content": "Exit \x1b[31m1"}
        session.user([failed | {"is_error": True}])
    session.add("pr-link", prNumber=3, prUrl="https://e.org/\x1b[31m", prRepository="a\x1b[31m/b")
    session.lines.append(
        {"type": "custom-title", "customTitle": "\x1b[7mMi\x1b[0mne\x9b2J", "sessionId": session.id}
    )
    case.expected["words"] = read
    case.expected["search"] = {f'"{word}" kind:tool_result': 1 for word in read}
    return case.keep(session)


def broken() -> Case:
    """A line that cannot be read, in a file whose name a terminal would obey."""
    case = Case("broken", {"prompts": 1})
    session = case.session()
    session.lines.append(b'{"type":"user","text":"\x1b]0;owned\x07\x1b[31m')
    session.asks("Is it broken?")
    return case.keep(session, f"{case.slug}/{session.id} \x1b[31mcopy\x9b2J.jsonl")


def shapes() -> Case:
    """Names of entries, calls, modes and media that are no text, or none that a store can hold."""
    case = Case("shapes", {"prompts": 3, "sessions": 2, "words": ["brambling", "twite"]})
    for name in ("one", "two"):
        session = case.session(name)
        session.user("brambling", uuid=["a", "b"], promptSource="typed")
        if name == "one":
            session.user("twite", uuid="a", promptSource="typed")
            session.attachment(type="queued_command", prompt="linnet", commandMode=["prompt"])
            picture = {"type": "image", "source": {"media_type": ["image/png"], "data": "aGk="}}
            call = {"type": "tool_use", "id": "\ud83d", "name": ["Agent"], "input": {}}
            session.claude([call])
            session.user([{"type": "tool_result", "tool_use_id": "\ud83d", "content": [picture]}])
        case.keep(session)
    return case


CASES = (kinds, printed, broken, shapes)
