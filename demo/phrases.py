"""What the assistant says around its tool calls, in the language of the project."""

from dataclasses import dataclass

from cca.demo.languages import LANGUAGES
from cca.demo.read_yaml import read_yaml
from cca.demo.reply import Call
from cca.demo.scene import Scene
from cca.demo.stories.model import Project, Story
from cca.demo.transcript import Entry


@dataclass(frozen=True)
class Phrases:
    """The sentences of one language, from texts/.

    Places to fill in: {path} {test} {finding} {outcome} {n} {noun} {target}.
    """

    reading: tuple[str, ...]
    searching: tuple[str, ...]
    listing: tuple[str, ...]
    running: tuple[str, ...]
    asking: tuple[str, ...]
    question: tuple[str, ...]
    finding: tuple[str, ...]
    testing: tuple[str, ...]
    mending: tuple[str, ...]
    thinking: tuple[str, ...]
    closing: tuple[str, ...]
    answers: tuple[str, ...]
    small_talk: tuple[tuple[str, str], ...]
    giving_up: tuple[str, ...]


PHRASES = {name: Phrases(**read_yaml(f"texts/{name}.yaml")) for name in ("en", "de", "ja")}


def say(scene: Scene, kind: str, target: str = "") -> str:
    """One sentence of a kind (a field of Phrases), filled in."""
    rng, project, story = scene.rng, scene.project, scene.story
    template = scene.draw(kind, getattr(PHRASES[project.locale], kind))
    return template.format(
        path=story.path, test=story.test_path, finding=story.finding, outcome=story.outcome,
        n=rng.randint(4, 412), noun=rng.choice(project.nouns), target=target,
    )  # fmt: skip


def announce(scene: Scene, call: Call) -> str:
    """What is said before a call, in words that fit it."""
    kinds = {
        "Read": "reading", "Grep": "searching", "Glob": "listing", "Bash": "running",
        "Edit": "mending", "Write": "mending",
    }  # fmt: skip
    target = call.arguments.get("pattern") or call.arguments.get("file_path") or ""
    name = target.removeprefix(f"{scene.project.cwd}/").replace(r"\b", "").removesuffix("s?")
    return say(scene, kinds.get(call.name, "asking"), name)


def question_of(scene: Scene) -> Entry:
    """A question to the person, as the tool AskUserQuestion is given it."""
    text, header, *offered = PHRASES[scene.project.locale].question
    options = [
        {"label": label, "description": about}
        for label, about in zip(offered[::2], offered[1::2], strict=True)
    ]
    return {
        "question": text.format(path=scene.story.path), "header": header, "options": options,
        "multiSelect": False,
    }  # fmt: skip


def summary_of_work(scene: Scene) -> str:
    """The answer that ends a piece of work: what changed, with the code."""
    story = scene.story
    fence = LANGUAGES[scene.project.language].fence
    return (
        f"{story.outcome}\n\n```{fence}\n{story.after}\n```\n\n"
        f"- `{story.path}`: {story.finding}\n- `{story.test_path}`\n\n{say(scene, 'closing')}"
    )


def compaction_summary(project: Project, story: Story) -> str:
    """What replaces the conversation when its context is compacted."""
    return (
        "This session is being continued from a previous conversation that ran out of context. "
        "The conversation is summarized below:\n\n"
        f"1. Primary Request and Intent:\n   {story.prompt}\n\n"
        f"2. Key Technical Concepts:\n   - {', '.join(project.nouns)}\n\n"
        f"3. Files and Code Sections:\n   - {story.path}\n   - {story.test_path}\n\n"
        f"4. Problem Solving:\n   {story.finding}\n\n5. Current Work:\n   {story.outcome}\n\n"
        f"6. Pending Tasks:\n   - {story.follow_ups[-1]}"
    )
