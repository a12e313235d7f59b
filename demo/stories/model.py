"""The values a story is told with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Story:
    """One piece of work: what was asked, what was found, what changed."""

    title: str
    later_title: str
    prompt: str
    follow_ups: tuple[str, ...]
    path: str
    before: str
    after: str
    test_path: str
    test_code: str
    finding: str
    outcome: str


@dataclass(frozen=True)
class Project:
    """A made-up code base; `nouns` fill the generated source and logs."""

    cwd: str
    language: str
    branches: tuple[str, ...]
    test_command: str
    files: tuple[str, ...]
    nouns: tuple[str, ...]
    search_queries: tuple[str, ...]
    mcp_tool: str
    stories: tuple[Story, ...]
    locale: str = "en"

    @property
    def name(self) -> str:
        return self.cwd.rsplit("/", 1)[-1]
