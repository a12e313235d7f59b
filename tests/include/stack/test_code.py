"""What counts as a change of the code that a running stack was started with."""

import os
from pathlib import Path

from cca.stack.code import code_digest, digest_of


def test_every_change_of_a_file_is_one_and_what_python_compiles_is_none(tmp_path: Path) -> None:
    page = tmp_path / "templates" / "page.html"
    page.parent.mkdir()
    page.write_text("<p>old</p>")
    seen = [digest_of([tmp_path])]

    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "page.pyc").write_bytes(b"compiled")
    assert digest_of([tmp_path]) == seen[0]

    page.write_text("<p>new</p>")
    os.utime(page, ns=(0, 1))
    seen.append(digest_of([tmp_path]))
    page.rename(page.with_name("other.html"))
    seen.append(digest_of([tmp_path]))
    assert len(set(seen)) == 3


def test_the_code_of_this_installation_is_the_same_twice() -> None:
    assert code_digest() == code_digest() != digest_of([])
