"""Who said it: what stands around a prompt, who else writes as the user, what a person quotes."""

from typing import Any

from tests.hostile.case import Case

QUOTED = (
    'Why do <teammate-message teammate_id="x">hello</teammate-message> and\n'
    "<system-reminder>\n  <system-reminder>inner</system-reminder>\n</system-reminder>\n"
    "<command-name>/clear</command-name> show up <b>raw</b>? See List<Map<K, V>> & <br/>"
)  # fmt: skip
# Around a prompt: what is put before, and behind.
AROUND = (
    ("<system-reminder>\na <system-reminder>b</system-reminder> c\n</system-reminder>\n", ""),
    ("<ide_opened_file>The user opened /a <b>.ts</ide_opened_file>\n", ""),
    ("<ide-selection>x > y && y < z</ide-selection>\n", ""),
    (
        "<pre-compact-hook>saved</pre-compact-hook>\n",
        "\n<post-tool-use-hook>ok</post-tool-use-hook>",
    ),
    ("<fork-boilerplate>\nYou are a fork.\n</fork-boilerplate>\n", ""),
    (
        "\ufeff \n<local-command-caveat>Caveat: x</local-command-caveat>\n",
        "\n\n<system-reminder>y</system-reminder>",
    ),
    ("<system-warning>Token usage: 1/2; 1 remaining</system-warning>\n", ""),
)
_FINISHED = (
    "<task-notification><task-id>b7</task-id><status>killed</status>"
    "<summary>Build <ok> & done</summary></task-notification>"
)
_TWO = (
    '<teammate-message teammate_id="ann">One avocet</teammate-message>\n\n'
    '<teammate-message teammate_id="ben">Two godwits</teammate-message>'
)
_SCHEDULED = {"isMeta": True, "promptSource": "system", "turnOrigin": "scheduled"}
# What others write as the user: text, further fields, who is shown to have said it.
OTHERS: tuple[tuple[str, dict[str, Any], str], ...] = (
    (
        '<teammate-message from="planner" color="red">\nSplit <i>it</i>\n</teammate-message>',
        {},
        "planner",
    ),
    ('<swarm-message sender_id="s1" from_name="scout">Found it</swarm-message>', {}, "scout"),
    ('<peer_message from="docs">Ready</peer_message>', {}, "docs"),
    (_TWO, {}, "ann"),
    ("Please look", {"origin": {"kind": "coordinator"}}, "Teammate"),
    (_FINISHED, {}, "Note"),
    ("<github-webhook-activity>push to main</github-webhook-activity>", {}, "Note"),
    ("<remote-review>2 findings</remote-review>", {}, "Note"),
    ("<ultraplan>The plan is ready</ultraplan>", {}, "Note"),
    ("Check the deploy", _SCHEDULED, "Note"),
    ("Stop hook feedback:\n- run the tests", {"isMeta": True}, "Note"),
    ("[SYSTEM NOTIFICATION - NOT USER INPUT] idle", {}, "Note"),
    ('<channel source="ci" pipeline="7">red</channel>', {"origin": {"kind": "channel"}}, "Note"),
)  # fmt: skip
# What a person asked elsewhere: text, the words.
ELSEWHERE = (
    (
        '<channel source="plugin:discord:discord" chat_id="1" user="ada">\nShip <now>?\n</channel>',
        "Ship <now>?",
    ),
    ('<slack-message user_name="bo" channel="C1">Roll it back</slack-message>', "Roll it back"),
    ('<channel-message source="telegram" username="cy">Is it up?</channel-message>', "Is it up?"),
)  # fmt: skip


def quoted() -> Case:
    """A person who writes about tags loses nothing, with and without a sign that they typed."""
    case = Case("quoted", {"prompts": 2, "first_prompt": QUOTED, "title": " ".join(QUOTED.split())})
    session = case.session()
    session.asks(QUOTED)
    session.claude("They are data.")
    session.user("Look: <local-command-stdout>x</local-command-stdout>\nis that right?")
    case.expected["said"] = {
        "You": [QUOTED, "Look: <local-command-stdout>x</local-command-stdout>\nis that right?"]
    }
    case.expected["search"] = {"kind:prompt inner": 1, "kind:prompt stdout": 1}
    return case.keep(session)


def around() -> Case:
    """Reminders, editors and hooks around a prompt are none of it."""
    prompts = [f"Rename the heron {number}" for number in range(len(AROUND))]
    case = Case("around", {"prompts": len(AROUND), "first_prompt": prompts[0], "title": prompts[0]})
    session = case.session()
    for prompt, (before, behind) in zip(prompts, AROUND, strict=True):
        session.user(f"{before}{prompt}{behind}")
        session.claude("Done.")
    case.expected["said"] = {"You": prompts}
    case.expected["search"] = {"kind:prompt heron": len(AROUND), "kind:prompt boilerplate": 0}
    return case.keep(session)


def others() -> Case:
    """Nobody else's words count as a person's, alone or in the queue."""
    case = Case("others", {"prompts": 1, "first_prompt": "Begin", "title": "Begin"})
    session = case.session()
    session.asks("Begin")
    for text, fields, _ in OTHERS:
        session.user(text, **fields)
        session.claude("Noted.")
    waiting = '<swarm-message from="q">hi</swarm-message>'
    session.attachment(type="queued_command", commandMode="prompt", prompt=waiting)
    session.attachment(type="queued_command", commandMode="task-notification", prompt="<b>done</b>")
    case.expected["said"] = {"You": ["Begin"]}
    case.expected["words"] = ["Split", "Found it", "One avocet", "From ben", "Two godwits", "hi"]
    case.expected["names"] = [name for _, _, name in OTHERS]
    return case.keep(session)


def elsewhere() -> Case:
    """What a person asked in a channel is their prompt."""
    words = [text for _, text in ELSEWHERE]
    case = Case("elsewhere", {"prompts": len(words), "first_prompt": words[0], "title": words[0]})
    session = case.session()
    for text, _ in ELSEWHERE:
        session.user(text, origin={"kind": "channel"}, isMeta=True)
        session.claude("Yes.")
    case.expected["said"] = {"plugin:discord:discord": words[:1], "bo": words[1:2], "cy": words[2:]}
    return case.keep(session)


def queued() -> Case:
    """What was typed while Claude worked, also as a picture, a command or a shell line."""
    case = Case("queued", {"prompts": 4, "first_prompt": "Start", "title": "Start"})
    session = case.session()
    session.asks("Start")
    for prompt in ("and <b>this</b>", [{"type": "text", "text": "look"}, {"type": "image"}]):
        session.attachment(
            type="queued_command", commandMode="prompt", prompt=prompt, origin={"kind": "human"}
        )
    session.attachment(type="queued_command", commandMode="bash", prompt="git status")
    session.user(
        "<command-message>review is running</command-message>\n<command-name>/review</command-name>"
    )
    session.claude("All done.")
    case.expected["said"] = {"You": ["Start", "and <b>this</b>", "look", "! git status", "/review"]}
    return case.keep(session)


def commands() -> Case:
    """Slash commands are counted however they are written down, and not where they are quoted."""
    given = "<command-message>{0} is running</command-message>\n<command-name>/{0}</command-name>"
    case = Case("commands", {"commands": {"zz-own": 2, "zz-local": 2, "zz:sub": 1}, "prompts": 4})
    session = case.session()
    session.user(f"{given.format('zz-own')}\n<command-args>a <b>c</b></command-args>")
    session.claude("Done.")
    session.user("<command-name>/zz-local</command-name>\n<command-message>x</command-message>")
    session.user("<local-command-stdout>\x1b[1mok\x1b[0m</local-command-stdout>")
    local = "<command-name>/zz-local</command-name>\n<command-args></command-args>"
    session.add("system", subtype="local_command", content=local)
    session.user("<command-message>zz:sub</command-message>")
    session.attachment(type="queued_command", commandMode="prompt", prompt=given.format("zz-own"))
    session.asks("Why is <command-name>/zz-own</command-name> slow?")
    return case.keep(session)


CASES = (quoted, around, others, elsewhere, queued, commands)
