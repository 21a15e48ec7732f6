from __future__ import annotations

from genba.session.publishing.history import KEPT, MOST, History, Sent


def test_packets_are_found_by_number_also_across_the_wrap() -> None:
    history = History()
    history.add(Sent(0.0, 65534, 1, [b"a", b"b", b"c", b"d"]))
    history.add(Sent(0.1, 2, 2, [b"e"]))
    found = [history.find(n) for n in (65534, 65535, 0, 1, 2)]
    assert [f and f[0].payloads[f[1]] for f in found] == [b"a", b"b", b"c", b"d", b"e"]
    assert history.find(3) is None
    assert history.find(65533) is None


def test_what_is_old_goes() -> None:
    history = History()
    history.add(Sent(0.0, 0, 1, [b"a"]))
    history.add(Sent(KEPT + 0.01, 1, 2, [b"b"]))
    assert history.find(0) is None
    assert history.find(1) is not None


def test_it_is_bounded_whatever_comes() -> None:
    history = History()
    for n in range(20):
        history.add(Sent(0.0, n * 1000 & 0xFFFF, n, [b"x"] * 1000))
    assert history._packets <= MOST
    assert history.find(19_500) is not None
    assert history.find(500) is None
