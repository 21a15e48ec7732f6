"""A folder with one JSON file for each object: the seam behind which a database comes later."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from genba.server.storage import atomic
from genba.server.storage.ids import is_id

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)
T = TypeVar("T", bound=BaseModel)


class Folder(Generic[T]):
    """Objects by id. Writes of one folder follow each other, so the newest always wins."""

    def __init__(self, path: Path, model: type[T]) -> None:
        """Keep them in ``path``; it is made by the first write."""
        self._path = path
        self._model = model
        self._writing = asyncio.Lock()

    async def all(self) -> dict[str, T]:
        """Return what is readable; a damaged file is logged by name and passed over."""
        return await asyncio.to_thread(self._read_all)

    async def put(self, name: str, thing: T) -> None:
        """Store it, in place of an older one. Raises OSError where the disk refuses."""
        path = self._file(name)
        async with self._writing:
            await asyncio.to_thread(atomic.write, path, thing.model_dump_json().encode())

    async def remove(self, name: str) -> None:
        """Forget it; quiet where it is not."""
        path = self._file(name)
        async with self._writing:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    def _file(self, name: str) -> Path:
        if not is_id(name):
            raise ValueError("not an id")
        return self._path / f"{name}.json"

    def _read_all(self) -> dict[str, T]:
        found: dict[str, T] = {}
        for path in sorted(self._path.glob("*.json")):
            try:
                found[path.stem] = self._model.model_validate_json(path.read_bytes())
            except (OSError, ValidationError) as error:
                log.warning("%s is not readable: %s", path, type(error).__name__)
        return found
