"""Pages in the house's dress, for us and for plugins."""

from __future__ import annotations

import asyncio
import json
import logging
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from aiohttp import web
from pydantic_core import to_jsonable_python

import genba_web
from genba import __version__
from genba.errors import GenbaError
from genba.server.desk import answer
from genba.server.http import language
from genba.server.http.keys import services
from genba.wire.ticket import TicketKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genba.server.http.texts import Texts

log = logging.getLogger(__name__)


class Renderer:
    """Implements ``genba.api.Pages``. ``load`` reads every template once; rendering does no I/O."""

    def __init__(self, plugins: Mapping[str, Path], texts: Texts) -> None:
        """Take the plugins' package folders by name."""
        self._plugins = plugins
        self._texts = texts
        self._environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader(
                [
                    jinja2.FileSystemLoader(genba_web.ROOT / "templates"),
                    jinja2.PrefixLoader(
                        {
                            name: jinja2.FileSystemLoader(folder / "templates")
                            for name, folder in plugins.items()
                        }
                    ),
                ]
            ),
            autoescape=True,
            auto_reload=False,
            cache_size=-1,
            undefined=jinja2.StrictUndefined,
        )

    async def load(self) -> dict[str, str]:
        """Read texts and templates; return what is wrong with plugins' files, by plugin."""
        return await asyncio.to_thread(self._load)

    def render(
        self,
        request: web.Request,
        template: str,
        context: Mapping[str, object] | None = None,
        *,
        status: int = 200,
    ) -> web.Response:
        """Render a template; ``boot`` of the context is what the page's scripts are told."""
        lang = language.of(request)
        more = dict(context or {})
        html = self._environment.get_template(template).render(
            {
                "lang": lang,
                "t": partial(self._texts.get, lang),
                "page": Path(template).stem,
                "version": __version__,
                "catalogue_json": script_json(self._texts.catalogue(lang)),
                "boot_json": script_json(more.pop("boot", {})),
                **more,
            }
        )
        response = web.Response(text=html, status=status, content_type="text/html", charset="utf-8")
        response.headers["Vary"] = "Accept-Language, Cookie"
        response.headers["Content-Language"] = lang
        language.remember(request, response)
        return response

    def error(self, request: web.Request, error: GenbaError, number: str) -> web.Response:
        """Render an error's own page; ``number`` is the request's, for the operator."""
        lang = language.of(request)
        if error.code == "signin.required":
            return self.render(request, "signin.html", status=HTTPStatus.UNAUTHORIZED)
        texts = self._texts.catalogue(lang)
        key = f"error.{error.code}"
        return self.render(
            request,
            "error.html",
            {
                "code": error.code,
                "title": texts.get(f"{key}.title", error.problem.title),
                "advice": texts.get(f"{key}.advice", error.problem.advice),
                "status": error.status,
                "request_id": number,
            },
            status=error.status,
        )

    def text(self, request: web.Request, key: str, **values: object) -> str:
        """Return a text in the language of who asks."""
        return self._texts.get(language.of(request), key, **values)

    async def guest(self, request: web.Request, ticket: str) -> Mapping[str, object]:
        """Say what a guest may know of the view behind a link's ticket; see ``Pages``."""
        house = services(request)
        found = house.tickets.read(ticket)
        if found.kind is not TicketKind.GUEST:
            raise GenbaError("ticket.invalid")
        link = await answer.facts(house.doors, found.session, f"/links/{found.id}")
        return {
            "session": found.session,
            "title": str(link.get("title", "")),
            "expires": found.expires,
            "id": found.id,
            "purpose": str(link.get("purpose", "")),
            "ice_servers": [
                one.model_dump() for one in house.tickets.servers(found.id, shared=True)
            ],
        }

    def _load(self) -> dict[str, str]:
        self._texts.load(genba_web.ROOT / "locales")
        for name in _templates(genba_web.ROOT):
            self._environment.get_template(name)
        broken: dict[str, str] = {}
        for plugin, folder in self._plugins.items():
            try:
                self._texts.load(folder / "locales", f"{plugin}.")
                for name in _templates(folder):
                    self._environment.get_template(f"{plugin}/{name}")
            except (OSError, ValueError, jinja2.TemplateError) as error:
                broken[plugin] = f"{type(error).__name__}: {error}"
                log.warning("plugin %s: its pages are broken: %s", plugin, broken[plugin])
        return broken


RENDERER: web.AppKey[Renderer] = web.AppKey("genba.renderer", Renderer)


def _templates(root: Path) -> list[str]:
    folder = root / "templates"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))


def script_json(data: object) -> str:
    """Return JSON that is safe inside ``<script type="application/json">``."""
    text = json.dumps(to_jsonable_python(data), ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
