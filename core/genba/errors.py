"""What Genba says when something cannot be done: one shape, RFC 9457, for people and programs.

``code`` is stable and documented in docs/errors.md; ``text`` and ``advice`` are written for the
person in front of the screen, in plain English here and by the locales' ``error.<code>.title``
and ``error.<code>.advice`` on pages. No error carries a secret or another group's existence.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Problem:
    """A row of the table of error codes."""

    code: str
    status: int
    title: str
    advice: str


_TABLE = (
    # --- the house
    Problem(
        "request.invalid",
        400,
        "The request is not understood.",
        "Compare it with the API's description.",
    ),
    Problem("request.too_large", 413, "The request is too large.", "Send less at once."),
    Problem(
        "request.type",
        415,
        "This content type is not accepted.",
        "Use the type that the API names.",
    ),
    Problem(
        "signin.required",
        401,
        "You are not signed in.",
        "Open the sign-in link that the server printed.",
    ),
    Problem(
        "signin.used",
        410,
        "This sign-in link was already used.",
        "Run `genba signin` on the server for a new one.",
    ),
    Problem(
        "password.weak",
        422,
        "This password is too easy to guess.",
        "Take a longer one, such as four words that do not belong together.",
    ),
    Problem(
        "group.exists",
        409,
        "There is a group of this name already.",
        "Give it another name.",
    ),
    Problem(
        "login.exists",
        409,
        "This login ID is taken.",
        "Choose another one.",
    ),
    Problem(
        "login.invalid",
        422,
        "This is not a login ID.",
        "Use 2 to 120 small letters, digits and . _ - + @.",
    ),
    Problem(
        "name.invalid",
        422,
        "This name cannot be used.",
        "Use 1 to 80 characters that can be printed.",
    ),
    Problem(
        "token.too_many",
        409,
        "You have too many API tokens.",
        "Revoke one that you do not need any more.",
    ),
    Problem(
        "oidc.refused",
        403,
        "The sign-in at the other service did not work.",
        "Begin again from the sign-in page.",
    ),
    Problem(
        "oidc.unavailable",
        502,
        "The sign-in service does not answer.",
        "Try again in a moment, or sign in with your password.",
    ),
    Problem(
        "oidc.no_group",
        403,
        "Your account belongs to no group here.",
        "Ask your group's administrator.",
    ),
    Problem(
        "signin.wrong",
        401,
        "The login ID or the password is wrong.",
        "Try again; your group's administrator can give you a new password.",
    ),
    Problem(
        "signin.expired",
        410,
        "The sign-in took too long.",
        "Begin again with your password.",
    ),
    Problem(
        "second.wrong",
        401,
        "This code is wrong or was used.",
        "Wait for the next code, or use a recovery code.",
    ),
    Problem(
        "forbidden.origin",
        403,
        "The request came from a foreign page.",
        "Open Genba's own page and try again.",
    ),
    Problem(
        "not_found", 404, "There is nothing here.", "Check the address, or go back to the start."
    ),
    Problem("method", 405, "This cannot be done here.", "Compare it with the API's description."),
    Problem("rate.limited", 429, "Too many tries.", "Wait a minute, then try again."),
    Problem("server.busy", 503, "The server cannot take this now.", "Try again in a moment."),
    Problem(
        "server.failed",
        500,
        "Something broke inside Genba.",
        "Try again; tell the operator the request id.",
    ),
    # --- sessions
    Problem("session.ended", 410, "This session has ended.", "Ask the supporter for a new link."),
    Problem(
        "session.returning",
        503,
        "The session is being brought back.",
        "Wait a few seconds; the page returns by itself.",
    ),
    Problem("session.full", 409, "All camera slots are taken.", "End another camera first."),
    Problem(
        "session.limit",
        503,
        "This server runs as many sessions as it can.",
        "End one, or try later.",
    ),
    # --- tickets and invitations
    Problem(
        "ticket.invalid", 401, "This ticket is not valid.", "Open the invitation or link again."
    ),
    Problem("ticket.expired", 410, "This link has expired.", "Ask the supporter for a new one."),
    Problem(
        "ticket.revoked",
        410,
        "This link was ended by the supporter.",
        "Ask the supporter for a new one.",
    ),
    Problem(
        "invitation.unknown",
        404,
        "This code is not known.",
        "Check the eight digits; codes work for a limited time.",
    ),
    # --- cameras
    Problem(
        "camera.too_large",
        413,
        "The camera's picture is too large or cannot be read.",
        "Send at most 1920x1088, as H.264 or VP8.",
    ),
    Problem(
        "camera.too_fast",
        429,
        "The camera sends more than 60 pictures a second.",
        "Lower its frame rate.",
    ),
    Problem(
        "camera.unstable",
        429,
        "The camera changes its picture's size again and again.",
        "Hold it still for a few seconds, or set a fixed size.",
    ),
    Problem(
        "camera.away",
        503,
        "The camera is not connected now.",
        "It is shown as soon as it is back.",
    ),
    Problem(
        "camera.codec",
        406,
        "This viewer cannot show what the camera sends.",
        "Look at the whole view, which every viewer can show; or offer H.264 and VP8.",
    ),
    # --- WebRTC
    Problem(
        "offer.malformed", 400, "The offer is not usable SDP.", "Send a complete WebRTC offer."
    ),
    Problem(
        "offer.unacceptable",
        406,
        "No codec or transport in common.",
        "Offer H.264 or VP8 over UDP/TLS/RTP/SAVPF with rtcp-mux.",
    ),
    Problem(
        "ice.restart", 422, "ICE restart is not supported.", "Send a new POST with the same token."
    ),
    Problem(
        "etag.mismatch", 412, "The ETag is not of this link.", "Use the ETag of the 201 answer."
    ),
    Problem("link.unknown", 404, "This link is not open.", "Send a new POST."),
    Problem(
        "rtc.no_port",
        503,
        "No free UDP port.",
        "End a session, or widen rtc.udp_ports and open it in the firewall.",
    ),
    # --- recording and stills
    Problem("recording.running", 409, "The recording already runs.", "Stop it first."),
    Problem("recording.not_running", 409, "No recording runs.", "Start it first."),
    Problem(
        "recording.failed",
        503,
        "The recording could not be written.",
        "Look at the disk; `genba doctor` helps.",
    ),
    Problem(
        "recording.disk_full",
        507,
        "The disk has no room for a recording.",
        "Erase recordings that are not needed, or give the server more disk.",
    ),
    Problem(
        "recording.fenced",
        409,
        "Another process records this session now.",
        "Nothing has to be done; look at the newer part.",
    ),
    Problem(
        "still.no_picture",
        409,
        "There is no picture of that camera yet.",
        "Wait for its first picture.",
    ),
    # --- publications
    Problem("publisher.unknown", 404, "There is no such way to share.", "Choose one of the list."),
    Problem(
        "destination.unknown",
        422,
        "This is not a meeting link that is known.",
        "Paste the whole link of the meeting.",
    ),
    Problem(
        "publication.failed",
        502,
        "Sharing could not start.",
        "Try again, or share by a browser link.",
    ),
    Problem("publication.unknown", 404, "This is not shared any more.", "Look at the list again."),
)

PROBLEMS: dict[str, Problem] = {p.code: p for p in _TABLE}


class GenbaError(Exception):
    """Raised anywhere, answered as problem+json or as a page by the web process.

    ``detail`` adds one sentence about this case; it must hold nothing secret.
    """

    def __init__(self, code: str, detail: str = "", *, retry_after: int | None = None) -> None:
        """Take a code of the table; an unknown one is a fault of the caller (KeyError).

        ``retry_after``: seconds, where this case knows better than its code does.
        """
        self.problem = PROBLEMS[code]
        self.detail = detail
        self.retry_after = retry_after
        super().__init__(f"{code}: {detail or self.problem.title}")

    @property
    def code(self) -> str:
        """The stable word."""
        return self.problem.code

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.problem.status

    def body(self) -> dict[str, str | int]:
        """Return the members of an application/problem+json answer (RFC 9457)."""
        return {
            "type": f"urn:genba:error:{self.code}",
            "title": self.problem.title,
            "status": self.status,
            "detail": self.detail or HTTPStatus(self.status).phrase,
            "code": self.code,
            "advice": self.problem.advice,
        }
