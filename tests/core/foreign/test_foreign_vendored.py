"""The tests' third-party files are those that were published."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

VENDOR = Path(__file__).parents[2] / "kit" / "vendor"
FOLDERS = sorted(path.name for path in VENDOR.iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS)
def test_vendored_files_have_their_licence_version_and_sum(folder: str) -> None:
    here = VENDOR / folder
    lines = (here / "SHA256SUMS").read_text("ascii").splitlines()
    sums = {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}
    assert set(sums) | {"SHA256SUMS"} == {path.name for path in here.iterdir()}
    assert "LICENSE.txt" in sums
    for name, digest in sums.items():
        assert hashlib.sha256((here / name).read_bytes()).hexdigest() == digest, name
    assert f"| `{folder}/` | npm `{folder}` " in (VENDOR / "README.md").read_text("utf-8")
