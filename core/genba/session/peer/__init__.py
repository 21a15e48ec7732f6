"""Our own WebRTC answerer: one offer, one answer, one UDP socket per process (ICE-lite)."""

from genba.session.peer.offer import ABS_SEND_TIME, MID, TRANSPORT_CC, Pick
from genba.session.peer.part import Part, ReceivingPart, SendingPart
from genba.session.peer.peer import Make, Peer
from genba.session.peer.socket import PeerSocket

__all__ = [
    "ABS_SEND_TIME",
    "MID",
    "TRANSPORT_CC",
    "Make",
    "Part",
    "Peer",
    "PeerSocket",
    "Pick",
    "ReceivingPart",
    "SendingPart",
]
