"""What the sample conversations are about: six made-up projects with five pieces of work each.

Each project is a YAML file beside this one.
"""

from cca.demo.read_yaml import read_yaml
from cca.demo.stories.model import Project, Story

__all__ = ["PROJECTS", "Project", "Story"]

# A seed draws by place: another order gives other samples.
_NAMES = ("parcel_tracker", "atlas_web", "kestrel", "infra_live", "kuechenplaner", "kotoba")


def _project(name: str) -> Project:
    found = read_yaml(f"stories/{name}.yaml")
    return Project(**{**found, "stories": tuple(Story(**each) for each in found["stories"])})


PROJECTS: tuple[Project, ...] = tuple(map(_project, _NAMES))
