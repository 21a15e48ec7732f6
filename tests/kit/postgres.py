"""A real PostgreSQL on a Unix socket of its own, with a plain role that owns its databases."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Iterator

ROLE = "genba"  # neither superuser nor with BYPASSRLS: the wall binds it
_PATIENCE = "60"  # seconds


def programs() -> Path | None:
    """Return the newest server's folder of programs; None where there is none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3])
    )
    return found[-1].parent if found else None


class Postgres:
    """A cluster in a temporary folder; ``stop`` and ``start`` as often as wanted. Blocking."""

    def __init__(self, folder: Path, bin_: Path) -> None:
        self.folder = folder
        self._bin = bin_
        # As root the server refuses to run.
        self._user = "postgres" if os.geteuid() == 0 else None

    def create(self) -> None:
        if self._user:
            entry = pwd.getpwnam(self._user)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        self._run("initdb", "-D", "data", "-A", "trust", "-U", "owner", "--no-sync", "-E", "UTF8")
        self.start()
        self._run("createuser", "-h", str(self.folder), "-U", "owner", "--createdb", ROLE)

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off -c max_connections=40"
        self._run(
            "pg_ctl", "-D", "data", "-w", "-t", _PATIENCE, "-o", options, "-l", "log", "start"
        )

    def stop(self, how: str = "immediate") -> None:
        self._run("pg_ctl", "-D", "data", "-w", "-t", _PATIENCE, "-m", how, "stop")

    def url(self, name: str) -> str:
        return f"postgresql+asyncpg://{ROLE}@/{name}?host={self.folder}"

    async def execute(self, statement: str, name: str = "postgres") -> None:
        connection = await asyncpg.connect(host=str(self.folder), user=ROLE, database=name)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def make(self, template: str = "template1") -> str:
        """Make an empty database, or one like ``template``; return its name."""
        name = f"t{secrets.token_hex(6)}"
        await self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [self._bin / program, *words],
            check=True,
            cwd=self.folder,
            user=self._user,
            stdout=subprocess.DEVNULL,
        )


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """Make and start a cluster; leaving stops and removes it."""
    bin_ = programs()
    assert bin_ is not None, "PostgreSQL's server is not installed"
    # A socket's path has 107 bytes at most; pytest's own folders are longer.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    made = Postgres(folder, bin_)
    try:
        made.create()
        yield made
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):  # it was stopped by a test
            made.stop()
        shutil.rmtree(folder)
