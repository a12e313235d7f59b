"""What the sample conversations are about: six made-up projects with five pieces of work each."""

from cca.demo.stories import atlas_web, infra_live, kestrel, kotoba, kuechenplaner, parcel_tracker
from cca.demo.stories.model import Project, Story

PROJECTS: tuple[Project, ...] = (
    parcel_tracker.PROJECT,
    atlas_web.PROJECT,
    kestrel.PROJECT,
    infra_live.PROJECT,
    kuechenplaner.PROJECT,
    kotoba.PROJECT,
)

__all__ = ["PROJECTS", "Project", "Story"]
