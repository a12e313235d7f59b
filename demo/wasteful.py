"""Sessions whose money brought little: given up, small questions, compactions in a row."""

from decimal import Decimal

from cca.demo import prompts, steps
from cca.demo.phrases import PHRASES, say
from cca.demo.reply import Reply, answer
from cca.demo.scene import Scene
from cca.demo.stage import Play, Stage
from cca.demo.transcript import Transcript

_TRIED_HARDER = "max"


def play_given_up(session: Play) -> None:
    """Much is read and nothing is changed; the last word is a person's."""
    transcript, scene = session.transcript, session.scene
    _ask(session, scene.story.prompt)
    for step in (steps.look_around, steps.read_logs, steps.failing_calls, steps.long_output):
        step(transcript, scene)
    answer(transcript, Reply(text=say(scene, "answers")))
    transcript.title("ai-title", session.title)
    transcript.wait(40, 300)
    if transcript.causes.knows_effort(transcript.model):
        _try_harder(transcript)
    _ask(session, scene.story.follow_ups[1])
    for step in (steps.look_around, steps.read_logs, steps.failing_calls):
        step(transcript, scene)
    prompts.interruption(transcript)
    transcript.wait(20, 200)
    _ask(session, say(scene, "giving_up"))
    transcript.ledger.given_up.append(transcript.home.session_id)


def play_small(session: Play) -> None:
    """Questions that the cheapest model answers as well."""
    transcript, scene = session.transcript, session.scene
    for question, reply in scene.rng.sample(PHRASES[scene.project.locale].small_talk, 4):
        _ask(session, question)
        answer(transcript, Reply(text=reply))
        made, cost = transcript.ledger.messages[-1]
        transcript.ledger.small_prompts.append((made.model, cost))
        transcript.wait(30, 240)
    transcript.title("ai-title", session.title)


def loop(stage: Stage, transcript: Transcript, scene: Scene) -> None:
    """A compaction that leaves little room, so that two more follow."""
    steps.long_output(transcript, scene)
    for number in range(3):
        before = _broken_usd(transcript)
        path, entries = prompts.compaction(transcript, steps.summary_text(scene))
        stage.files[path] = entries
        _, summary = transcript.ledger.messages[-1]
        steps.read_logs(transcript, scene)
        if number:
            cost = summary + _broken_usd(transcript) - before
            transcript.ledger.compaction_loops.append(cost)


def _broken_usd(transcript: Transcript) -> Decimal:
    """What the cache breaks of the session have cost so far."""
    tally = transcript.ledger.cache_breaks["session"].get(transcript.home.session_id)
    return tally.usd if tally else Decimal(0)


def _try_harder(transcript: Transcript) -> None:
    """Another effort: what the cache holds is of the effort before."""
    prompts.local_command(transcript, "effort", f"Set effort level to {_TRIED_HARDER}")
    transcript.causes.effort = _TRIED_HARDER
    transcript.break_cache("effort switch")


def _ask(session: Play, text: str) -> None:
    session.transcript.snapshot(sorted(session.scene.files)[:3])
    prompts.prompt(session.transcript, text)
