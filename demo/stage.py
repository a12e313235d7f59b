"""What the sessions of one sample share, and what one session is played with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from cca.demo.causes import Causes, effort_of
from cca.demo.ids import new_uuid
from cca.demo.ledger import Ledger
from cca.demo.scene import Scene
from cca.demo.stories import PROJECTS, Project, Story
from cca.demo.transcript import Entry, Home, Transcript
from cca.transcript.slugs import slug_of

_MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-opus-4-8", "claude-haiku-5-5")
_MODEL_WEIGHTS = (9, 6, 3, 2)
_MODELS_OF = {
    # Long outputs go to the one model whose price depends on the prompt's length.
    "huge": "claude-haiku-5-5",
    "given_up": "claude-opus-5-5",
    "small": "claude-opus-4-8",
    "looping": "claude-opus-5-5",
}
_STORIES = tuple((project, story) for project in PROJECTS for story in project.stories)
_ENTRYPOINTS = ("cli", "cli", "cli", "claude-vscode")


@dataclass
class Stage:
    """The ledger, the dates, the session played before, and the files of the present one."""

    ledger: Ledger
    seed: int
    starts: list[datetime]
    before: "Play | None" = None
    # Paths below the projects folder to entries, or to the text of a side file.
    files: dict[str, list[Entry] | str] = field(default_factory=dict)

    def add_side_file(self, path: str, text: str) -> None:
        self.files[path] = text
        self.ledger.count("side_files")


@dataclass(frozen=True)
class Play:
    """One session: its kind, main transcript and story; `round` counts the uses of the story."""

    kind: str
    transcript: Transcript
    scene: Scene
    round: int

    @property
    def title(self) -> str:
        story = self.scene.story
        return story.title if self.round % 2 == 0 else story.later_title


def open_play(stage: Stage, index: int, kind: str, *, is_copy: bool) -> Play:
    """Dice, story, date and envelope of a session; a copy goes on with the story before it."""
    rng = Random(f"{stage.seed}/{index}")  # noqa: S311  (sample data, no secret)
    story_index = index - 1 if is_copy else index
    project, story = _story(stage.seed, story_index)
    at = stage.starts[index]
    if is_copy and stage.before is not None:
        at = max(at, stage.before.transcript.at + timedelta(minutes=7))
    session_id, project_id = new_uuid(rng), slug_of(project.cwd)
    home = Home(project_id, session_id, f"{project_id}/{session_id}.jsonl")
    envelope = {
        "userType": "external", "entrypoint": rng.choice(_ENTRYPOINTS), "cwd": project.cwd,
        "sessionId": session_id, "version": f"2.1.{260 + min(index, 27)}",
        "gitBranch": rng.choice(project.branches),
    }  # fmt: skip
    model = _MODELS_OF.get(kind) or rng.choices(_MODELS, _MODEL_WEIGHTS)[0]
    # Versions before 2.1.149 attribute nothing; here it is every fourth round of twenty sessions.
    causes = Causes(effort_of(index), is_written=index // 20 % 4 != 1)
    transcript = Transcript(home, stage.ledger, rng, at, envelope, model, causes)
    return Play(kind, transcript, Scene(rng, project, story), story_index // len(_STORIES))


def _story(seed: int, index: int) -> tuple[Project, Story]:
    order = list(_STORIES)
    Random(seed).shuffle(order)  # noqa: S311
    return order[index % len(order)]
