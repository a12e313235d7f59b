"""Older logs: one conversations.jsonl in a folder, entries of type `message` without usage."""

from cca.demo.clock import iso
from cca.demo.file_tools import grep
from cca.demo.ids import hex_of, new_uuid
from cca.demo.phrases import announce, say, summary_of_work
from cca.demo.stage import Play, Stage
from cca.demo.transcript import Entry

# The agent names a session after host, project and path where the path holds no session id.
HOST = "{host}"


def play_legacy(stage: Stage, play: Play) -> None:
    """`legacy`: the folder is a session id; `legacy_named`: it is a plain name."""
    home, rng = play.transcript.home, play.scene.rng
    session_key, folder = home.session_id, home.session_id
    if play.kind == "legacy_named":
        folder = f"{play.transcript.at.date().isoformat()}-{hex_of(rng, 6)}"
        session_key = f"{HOST}/{home.project_id}/{folder}/conversations"
    stage.files[f"{home.project_id}/{folder}/conversations.jsonl"] = play.transcript.entries
    stage.ledger.open_session(home.project_id, session_key)
    stage.ledger.titles[session_key] = play.scene.story.prompt
    story = play.scene.story
    _exchange(play, story.prompt, summary_of_work(play.scene))
    for follow_up in story.follow_ups:
        _exchange(play, follow_up, say(play.scene, "answers"))


def _exchange(play: Play, question: str, answer: str) -> None:
    ledger = play.transcript.ledger
    call = grep(play.scene)
    use = {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}
    result = {"type": "tool_result", "tool_use_id": call.id, "content": call.content}
    _message(play, "user", question)
    _message(
        play,
        "assistant",
        [
            {
                "type": "text",
                "text": announce(play.scene, call),
            },
            use,
        ],
    )
    _message(play, "user", [result])
    _message(play, "assistant", answer)
    ledger.count("human_prompts")
    ledger.tool_call(call.name)


def _message(play: Play, role: str, content: str | list[Entry]) -> None:
    transcript = play.transcript
    transcript.wait(3, 40)
    entry: Entry = {
        "type": "message", "uuid": new_uuid(transcript.rng),
        "sessionId": transcript.home.session_id,
        "timestamp": iso(transcript.at), "cwd": play.scene.project.cwd,
        "message": {"role": role, "content": content},
    }  # fmt: skip
    transcript.entries.append(entry)
    for name in ("transcript_lines", "entries", f"{role}_messages"):
        transcript.ledger.count(name)
