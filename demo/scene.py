"""What a session is about: its project, its story, its files so far, and its dice."""

from dataclasses import dataclass, field
from random import Random

from cca.demo.ids import token
from cca.demo.languages import LANGUAGES, source
from cca.demo.stories.model import Project, Story

CODE_ENDINGS = (".py", ".ts", ".tsx", ".go", ".tf")


@dataclass(frozen=True)
class Scene:
    """What a session is about and the dice it is played with."""

    rng: Random
    project: Project
    story: Story
    # Paths to lines, as the session has left them so far.
    files: dict[str, list[str]] = field(default_factory=dict)
    # Sentences not said yet, by kind: nobody says the same thing twice in a row.
    unsaid: dict[str, list[str]] = field(default_factory=dict)

    def absolute(self, path: str) -> str:
        return f"{self.project.cwd}/{path}"

    def any_path(self) -> str:
        """A file with source code, the story's own now and then."""
        code = (path for path in self.project.files if path.endswith(CODE_ENDINGS))
        return self.rng.choice((*code, self.story.path))

    def draw(self, kind: str, sentences: tuple[str, ...]) -> str:
        """One of the sentences; each comes once before any comes again."""
        deck = self.unsaid.setdefault(kind, [])
        if not deck:
            deck.extend(self.rng.sample(sentences, len(sentences)))
        return deck.pop()

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def new_id(self) -> str:
        return token(self.rng, "toolu_")


def file_lines(scene: Scene, story_code: str, size: int) -> list[str]:
    """A file with the story's code in the middle of generated source."""
    language = LANGUAGES[scene.project.language]
    before = source(scene.rng, language, scene.project.nouns, size // 2)
    after = source(scene.rng, language, scene.project.nouns, size - size // 2)[
        len(language.head.split("\n")) :
    ]
    return [*before, "", *story_code.split("\n"), "", *after]
