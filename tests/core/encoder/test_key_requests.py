from __future__ import annotations

import asyncio

from genba.session.encoder.keyrequests import GAP, KeyRequests


class Loop(asyncio.SelectorEventLoop):
    """A loop whose clock stands still until it is told to go on."""

    moment = 1000.0

    def time(self) -> float:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += seconds
        self.call_soon(self.stop)
        self.run_forever()


def test_requests_share_one_key_picture_at_the_leading_edge_and_one_trailing() -> None:
    loop, asked = Loop(), []
    keys = KeyRequests(loop, lambda: asked.append(loop.time()))
    start = loop.time()
    for _ in range(50):
        keys.request()
    assert asked == [start]
    keys.settle()  # the key picture has left the encoder
    for _ in range(50):
        keys.request()
    loop.advance(GAP - 0.01)
    assert asked == [start]
    loop.advance(0.02)
    assert len(asked) == 2
    assert asked[1] - asked[0] >= GAP
    loop.advance(10)
    assert len(asked) == 2
    loop.close()


def test_a_key_picture_in_the_meantime_fulfils_the_wish() -> None:
    loop, asked = Loop(), []
    keys = KeyRequests(loop, lambda: asked.append(loop.time()))
    keys.request()
    keys.settle()
    keys.request()
    keys.settle()
    loop.advance(10)
    assert len(asked) == 1
    keys.request()
    assert len(asked) == 2
    loop.close()
