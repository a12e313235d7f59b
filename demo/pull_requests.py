"""Work that ends in a pull request: a branch of its own, and the call that opens it."""

from cca.demo import tools
from cca.demo.clock import iso
from cca.demo.ledger import PullRequestLink
from cca.demo.scene import Scene
from cca.demo.steps import speak
from cca.demo.transcript import Transcript

_OWNER = "mara"


def start_branch(transcript: Transcript, scene: Scene) -> None:
    """From the next entry on, what is written was written on the branch."""
    name = scene.project.branches[-1]
    output = f"Switched to a new branch '{name}'"
    speak(transcript, scene, None, tools.bash(scene, f"git checkout -b {name}", output))
    transcript.switch_branch(name)


def open_pull_request(transcript: Transcript, scene: Scene) -> None:
    """Claude Code links what it saw opened."""
    number, repository = _open(transcript, scene)
    url = f"https://github.com/{repository}/pull/{number}"
    transcript.note(
        "pr-link", prNumber=number, prUrl=url, prRepository=repository, timestamp=iso(transcript.at)
    )


def open_unlinked(transcript: Transcript, scene: Scene) -> None:
    """Older versions link nothing: the call alone says it."""
    _open(transcript, scene)


def _open(transcript: Transcript, scene: Scene) -> tuple[int, str]:
    number, repository = scene.rng.randrange(100, 1000), f"{_OWNER}/{scene.project.name}"
    branch = transcript.envelope["gitBranch"]
    output = (
        f"Creating pull request for {branch} into main in {repository}\n\n"
        f"https://github.com/{repository}/pull/{number}"
    )
    speak(transcript, scene, None, tools.bash(scene, "git push && gh pr create --fill", output))
    home = transcript.home
    transcript.ledger.links.append(
        PullRequestLink(
            home.project_id, home.session_id, branch, transcript.at, f"{repository}#{number}"
        )
    )
    return number, repository
