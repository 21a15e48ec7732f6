"""Trickled candidates: an ``application/trickle-ice-sdpfrag`` (RFC 8840)."""

from __future__ import annotations

from genba.errors import GenbaError

MAX_BYTES = 64 * 1024
MAX_LINES = 400
MAX_CANDIDATES = 64


def read_fragment(text: str, ufrag: str, password: str) -> None:
    """Check that a fragment is of the call with these credentials; its candidates are ignored.

    A peer's authenticated check shows where it is, so nobody is contacted on the word of a text.
    Raises ``ice.restart`` where the credentials are new, ``offer.malformed`` where it is no SDP.
    """
    if len(text) > MAX_BYTES:
        raise GenbaError("offer.malformed", "The fragment is longer than 64 KiB.")
    if text.count("\n") > MAX_LINES or text.count("\r") > MAX_LINES:
        raise GenbaError("offer.malformed", f"A fragment has at most {MAX_LINES} lines.")
    if text.count("a=candidate") > MAX_CANDIDATES:
        raise GenbaError("offer.malformed", f"A fragment has at most {MAX_CANDIDATES} candidates.")
    for line in text.splitlines():
        if not line.strip():
            continue
        if line[1:2] != "=" or not line[0].isalpha():
            raise GenbaError("offer.malformed", "This is not an SDP fragment.")
        name, _, value = line[2:].strip().partition(":")
        if line[0] != "a":
            continue
        if (name == "ice-ufrag" and value != ufrag) or (name == "ice-pwd" and value != password):
            raise GenbaError("ice.restart")
