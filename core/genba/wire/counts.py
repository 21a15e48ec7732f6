"""What a session counts from its beginning, for whoever watches many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterable


class Counts(BaseModel):
    """Never fall while a session's process lives. What was dropped is named by its queue."""

    model_config = ConfigDict(frozen=True)

    socket_dropped: int = 0  # datagrams of strangers, or malformed
    peer_dropped: int = 0  # datagrams that did not fit into a peer's receive queue
    decoder_dropped: int = 0  # pictures that a slow decoder never saw
    decoder_refused: int = 0  # pictures beyond the limits of size and rate
    decoder_failed: int = 0  # pictures that could not be decoded
    encoder_dropped: int = 0  # pictures of the view that a slow encoder never saw
    viewer_dropped: int = 0  # pictures and sounds that did not fit into the socket
    packets_received: int = 0  # RTP packets of cameras
    packets_recovered: int = 0  # of them: sent again after we asked
    packets_nacked: int = 0  # RTP packets that viewers asked for again
    packets_resent: int = 0  # of them: sent again
    keys_to_cameras: int = 0  # key pictures that we asked for
    keys_from_viewers: int = 0  # key pictures that viewers asked for
    sound_concealed: int = 0  # blocks of 20 ms made up for lost ones
    sound_silent: int = 0  # blocks of silence in their place

    @classmethod
    def sum(cls, some: Iterable[Counts]) -> Self:
        """Return all of them together."""
        total = dict.fromkeys(cls.model_fields, 0)
        for one in some:
            for name in total:
                total[name] += getattr(one, name)
        return cls(**total)
