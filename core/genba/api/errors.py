"""Errors that a plugin raises towards the core."""

from __future__ import annotations


class PluginUnavailableError(Exception):
    """Raised at import or in ``genba_settings``: this plugin cannot work here, and why."""


class PublishError(Exception):
    """A publication could not start or go on.

    ``code`` is a stable word such as ``meeting.refused``; ``text`` is a key of the plugin's own
    ``locales`` that names cause and advice for the supporter.
    """

    def __init__(self, code: str, text: str) -> None:
        """Keep both for the screen."""
        super().__init__(code)
        self.code = code
        self.text = text
