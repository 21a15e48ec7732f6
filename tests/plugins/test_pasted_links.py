"""Links in what people paste, and what only looks like one."""

from __future__ import annotations

import itertools
import random
import string
from urllib.parse import quote

import pytest

from genba.api import pasted_links
from genba_teams.meeting import HOSTS
from genba_teams.meeting import find_meeting as find_teams
from genba_zoom.meeting import DOMAINS
from genba_zoom.meeting import find_meeting as find_zoom

LONG = (
    "https://teams.microsoft.com/l/meetup-join/19%3ameeting_NmQ0%40thread.v2/0"
    "?context=%7b%22Tid%22%3a%22a1%22%2c%22Oid%22%3a%22b2%22%7d"
)
SHORT = "https://teams.microsoft.com/meet/2987654321012?p=AbC1dEf2"
LIVE = "https://teams.live.com/meet/9312345678901?p=xYz"
CLOUD = "https://teams.cloud.microsoft/meet/2987654321012?p=AbC1dEf2"
ZOOM = "https://us02web.zoom.us/j/81234567890?pwd=NE0vT2Rk-_V25.1"

TEAMS = {
    LONG: LONG,
    LONG.replace("%3a", ":").replace("%40", "@"): LONG.replace("%3a", ":").replace("%40", "@"),
    SHORT: SHORT,
    LIVE: LIVE,
    CLOUD: CLOUD,
    SHORT.replace("https", "HTTPS").replace("teams", "Teams"): SHORT,
    f"{SHORT}#fragment": SHORT,
    "https://teams.microsoft.com:443/meet/1234567890": "https://teams.microsoft.com/meet/1234567890",
    f"  {SHORT}\n": SHORT,
    f"<{SHORT}>": SHORT,
    f"({SHORT}).": SHORT,
    f"[会議に参加]({LONG})": LONG,
    f"会議はこちら:{SHORT}。よろしくお願いします": SHORT,
    f"「{LIVE}」": LIVE,
    "https://jpn01.safelinks.protection.outlook.com/ap/t-59584e83/?url="
    f"{quote(SHORT, safe='')}&data=05%7C02": SHORT,
    f"""
    ________________________________________________________________________________
    Microsoft Teams ヘルプが必要ですか? <https://aka.ms/JoinTeamsMeeting?omkt=ja-JP>
    今すぐ会議に参加する<{LONG}>
    会議 ID: 298 765 432 101 2
    パスコード: AbC1dEf2
    開催者向け: 会議のオプション<https://teams.microsoft.com/meetingOptions/?organizerId=b2>
    """: LONG,
}
ZOOMS = {
    ZOOM: ZOOM,
    "https://zoom.us/j/123456789": "https://zoom.us/j/123456789",
    "https://example-co.zoom.us/my/taro.yamada?pwd=a": "https://example-co.zoom.us/my/taro.yamada?pwd=a",
    "https://us06web.zoom.us/w/81234567890?tk=x": "https://us06web.zoom.us/w/81234567890?tk=x",
    "https://www.zoomgov.com/j/1612345678": "https://www.zoomgov.com/j/1612345678",
    "https://Zoom.US/j/123456789/": "https://zoom.us/j/123456789/",
    "zoommtg://zoom.us/join?confno=81234567890&pwd=a%2Bb&zc=0&uname=X": (
        "zoommtg://zoom.us/join?action=join&confno=81234567890&pwd=a%2Bb"
    ),
    "ZOOMMTG://us02web.zoom.us/join?action=join&confno=81234567890": (
        "zoommtg://us02web.zoom.us/join?action=join&confno=81234567890"
    ),
    f"""
    山田太郎さんがあなたを予約されたZoomミーティングに招待しています。
    参加 Zoom ミーティング
    {ZOOM}
    ミーティング ID: 812 3456 7890
    お近くの電話番号: https://us02web.zoom.us/u/kabc
    """: ZOOM,
}
NEITHER = [
    "",
    "teams",
    "teams.microsoft.com/meet/1234567890",  # no scheme: could be anything
    "812 3456 7890",
    "http://teams.microsoft.com/meet/1234567890",
    "http://zoom.us/j/123456789",
    "ftp://zoom.us/j/123456789",
    "https://teams.microsoft.com/",
    "https://teams.microsoft.com/meet/",
    "https://teams.microsoft.com/v2/",
    "https://teams.microsoft.com/l/team/19%3aabc/conversations",
    "https://teams.microsoft.com/l/chat/0/0?users=a@example.com",
    "https://teams.microsoft.com/x/meet/1234567890",
    "https://teams.microsoft.com/meet/../meet/1234567890",
    "https://teams.microsoft.com/meet/12/34",
    "https://zoom.us/j/",
    "https://zoom.us/j/12345",
    "https://zoom.us/j/81234567890/evil",
    "https://zoom.us/j/8123456789x",
    "https://zoom.us/s/81234567890?zak=secret",
    "https://zoom.us/signin?next=/j/81234567890",
    "https://zoom.us/my/",
    "https://zoom.us/my/..",
    "zoommtg://zoom.us/start?confno=81234567890",
    "zoommtg://zoom.us/join",
    "zoommtg://zoom.us/join?confno=abc",
    "zoommtg://evil.example/join?confno=81234567890",
    "zoommtg:///join?confno=81234567890",
    "javascript:alert(1)//zoom.us/j/81234567890",
    "data:text/html,https",
]


def look_alikes(host: str) -> list[str]:
    first, _, rest = host.partition(".")
    return [
        f"https://{host}.evil.example",
        f"https://evil{host}",
        f"https://evil-{host}",
        f"https://{host}@evil.example",
        f"https://{host}:443@evil.example",
        f"https://user@{host}",
        f"https://user:pass@{host}",
        f"https://{host}:8443",
        f"https://{host}:",
        f"https://{host}.",
        f"https://{host}%2eevil.example",
        f"https://{host}%00.evil.example",
        f"https://{host}\\@evil.example",
        f"https://{host}\\.evil.example",
        f"https://evil.example\\{host}",
        f"https://evil.example/{host}",
        f"https://evil.example/https/{host}",
        f"https://evil.example?{host}",
        f"https://evil.example#{host}",
        f"https://evil.example#@{host}",
        f"https:///{host}",
        f"https:{host}",
        f"//{host}",
        f"https://{first}.{rest}.",
        f"https://{first}-{rest}",
        f"https://{first}。{rest}",
        f"https://{first}\u2024{rest}",
        f"https://{host.replace('o', 'ο')}",  # Greek
        f"https://{host.replace('e', 'е')}х",  # Cyrillic
        f"https://{host.replace('m', 'ｍ')}．",  # full width
        f"https://xn--{host}",
        f"https://{host}\u200b.evil.example",
        f"https://[{host}]",
        f"https://{host}x",
    ]


@pytest.mark.parametrize("pasted", TEAMS)
def test_teams(pasted: str) -> None:
    assert find_teams(pasted) == TEAMS[pasted]
    assert find_zoom(pasted) is None


@pytest.mark.parametrize("pasted", ZOOMS)
def test_zoom(pasted: str) -> None:
    assert find_zoom(pasted) == ZOOMS[pasted]
    assert find_teams(pasted) is None


@pytest.mark.parametrize("pasted", NEITHER)
def test_neither(pasted: str) -> None:
    assert find_teams(pasted) is None
    assert find_zoom(pasted) is None


@pytest.mark.parametrize("host", sorted(HOSTS))
def test_look_alikes_of_teams(host: str) -> None:
    for start in look_alikes(host):
        for path in ("/meet/1234567890", "/l/meetup-join/19%3ax%40thread.v2/0"):
            assert find_teams(start + path) is None, start + path


@pytest.mark.parametrize("host", [*DOMAINS, "us02web.zoom.us"])
def test_look_alikes_of_zoom(host: str) -> None:
    for start in look_alikes(host):
        # A name before the domain is anybody's at Zoom; what is not a name of Zoom's counts.
        if start in {f"https://xn--{host}", f"https://evil-{host}", f"https://evil{host}"} and (
            host not in DOMAINS
        ):
            continue
        assert find_zoom(f"{start}/j/81234567890") is None, start


def test_a_wrapped_look_alike() -> None:
    wrap = "https://jpn01.safelinks.protection.outlook.com/?url="
    twice = quote(wrap + quote(SHORT, safe=""), safe="")
    for inside in ("https%3A%2F%2Fevil.example%2Fmeet%2F123", twice, "", "%00", "javascript%3Ax"):
        assert find_teams(wrap + inside) is None
    fake = "https://safelinks.protection.outlook.com.evil.example/?url=" + quote(SHORT, safe="")
    assert find_teams(fake) is None


def test_whatever_comes_the_host_is_one_of_theirs() -> None:
    """Mutated links: what is recognised at all parses, anew and strictly, to a host of theirs."""
    dice = random.Random(20260401)  # noqa: S311 (a repeatable test, no secret)
    letters = string.printable + "。．ｍоα\u200b\u202e\x00é"
    found = 0
    for seed, _ in itertools.product([LONG, SHORT, LIVE, ZOOM, *ZOOMS], range(400)):
        text = list(seed)
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(text))
            match dice.randrange(3):
                case 0:
                    text[at] = dice.choice(letters)
                case 1:
                    text.insert(at, dice.choice(letters))
                case _:
                    del text[at]
        mutated = "".join(text)
        for find, good in ((find_teams, is_teams), (find_zoom, is_zoom)):
            link = find(mutated)
            if link is not None:
                found += 1
                assert good(host_of(link)), mutated
                assert link.isascii()
                assert link.isprintable()
    assert found > 100


def host_of(link: str) -> str:
    """Return the host as a browser sees it, by hand: no parser of the code under test."""
    scheme, _, rest = link.partition("://")
    assert scheme in {"https", "zoommtg"}
    authority = rest.replace("\\", "/").partition("/")[0].partition("?")[0].partition("#")[0]
    assert "@" not in authority
    return authority.lower()


def is_teams(host: str) -> bool:
    return host in HOSTS


def is_zoom(host: str) -> bool:
    return host in DOMAINS or host.endswith((".zoom.us", ".zoomgov.com"))


def test_only_so_much_is_read() -> None:
    assert pasted_links("x" * 30_000 + SHORT) == []
    assert len(pasted_links(f"{SHORT} " * 100)) == 100
