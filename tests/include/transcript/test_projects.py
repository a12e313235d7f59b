"""What projects of one name are called."""

from cca.transcript.projects import Project, labels_of


def _labels(*paths: str) -> list[str]:
    projects = [Project(path, path.replace("/", "-"), path) for path in paths]
    return list(labels_of(projects).values())


def test_a_project_is_called_by_its_folder() -> None:
    assert _labels("/home/ada/code/atlas", "/home/ada/code/beacon") == ["atlas", "beacon"]


def test_projects_of_one_name_at_several_people_have_their_owner() -> None:
    paths = "/home/ada/code/atlas", "/Users/bo/atlas", "C:\\Users\\cy\\atlas", "/home/ada/beacon"
    assert _labels(*paths) == ["atlas (ada)", "atlas (bo)", "atlas (cy)", "beacon"]


def test_where_an_owner_does_not_tell_them_apart_the_directory_does() -> None:
    paths = "/home/ada/a/atlas", "/home/ada/b/atlas", "/home/bo/atlas"
    assert _labels(*paths) == [f"atlas ({path})" for path in paths]
    assert _labels("/srv/atlas", "/home/bo/atlas") == [
        "atlas (/srv/atlas)",
        "atlas (/home/bo/atlas)",
    ]
