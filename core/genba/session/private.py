"""The names of other packages that we use though they are not promised to us.

Nothing of those packages is imported with this module: what is gone has to be said in words, not
by a traceback of whatever import comes first.
"""

from __future__ import annotations

import importlib
import inspect
from typing import Any

_DTLS = "aiortc.rtcdtlstransport:"
_RTP = "aiortc.rtp:"

# Callables whose parameters we fill or whose calls we receive.
_SIGNATURES = {
    f"{_DTLS}RTCCertificate._create_ssl_context": "self srtp_profiles",
    f"{_DTLS}RTCCertificate.generateCertificate": "",
    f"{_DTLS}RTCCertificate.getFingerprints": "self",
    f"{_DTLS}RTCDtlsParameters": "fingerprints role",
    f"{_DTLS}RTCDtlsTransport.__init__": "self transport certificates",
    f"{_DTLS}RTCDtlsTransport._handle_rtp_data": "self data arrival_time_ms",
    f"{_DTLS}RTCDtlsTransport._handle_rtcp_data": "self data",
    f"{_DTLS}RTCDtlsTransport._recv_next": "self",
    f"{_DTLS}RTCDtlsTransport._set_role": "self role",
    f"{_DTLS}RTCDtlsTransport._write_ssl": "self",
    f"{_DTLS}RTCDtlsTransport.start": "self remoteParameters",
    f"{_DTLS}RTCDtlsTransport.stop": "self",
    f"{_RTP}RtcpPacket.parse": "data",
    f"{_RTP}RtcpByePacket": "sources",
    f"{_RTP}RtcpPsfbPacket": "fmt ssrc media_ssrc fci",
    f"{_RTP}RtcpReceiverInfo": "ssrc fraction_lost packets_lost highest_sequence jitter lsr dlsr",
    f"{_RTP}RtcpRrPacket": "ssrc reports",
    f"{_RTP}RtcpRtpfbPacket": "fmt ssrc media_ssrc lost",
    f"{_RTP}RtcpSdesPacket": "chunks",
    f"{_RTP}RtcpSenderInfo": "ntp_timestamp rtp_timestamp packet_count octet_count",
    f"{_RTP}RtcpSourceInfo": "ssrc items",
    f"{_RTP}RtcpSrPacket": "ssrc sender_info reports",
    f"{_RTP}unpack_remb_fci": "data",
    f"{_RTP}pack_remb_fci": "bitrate ssrcs",
    "aiortc.rate:RemoteBitrateEstimator.add": (
        "self arrival_time_ms abs_send_time payload_size ssrc"
    ),
    "aiortc.sdp:SessionDescription.parse": "sdp",
    "aiortc.codecs.vpx:VpxPayloadDescriptor.parse": "data",
    "aiortc.utils:random16": "",
    "aiortc.utils:random32": "",
    "aioice.stun:parse_message": "data",
    "aioice.stun:Message.check_message_integrity": "self key",
    "aioice.stun:Message.add_message_integrity": "self key",
    "aioice.candidate:candidate_foundation": "candidate_type candidate_transport base_address",
    "aioice.candidate:candidate_priority": "candidate_component candidate_type local_pref",
    "aioice.ice:get_host_addresses": "use_ipv4 use_ipv6",
    "pylibsrtp:Session.protect_rtcp": "self packet",
    "pylibsrtp:Session.unprotect_rtcp": "self packet",
    "OpenSSL.SSL:Context.set_min_proto_version": "self version",
}

# What only has to be there.
_NAMES = (
    *(f"{_RTP}RTCP_{name}" for name in ("PSFB_APP", "PSFB_FIR", "PSFB_PLI", "RTPFB_NACK")),
    *(f"aioice.stun:{name}" for name in ("HEADER_LENGTH", "COOKIE", "Method.BINDING")),
    *(f"aioice.stun:Class.{name}" for name in ("REQUEST", "RESPONSE")),
    f"{_DTLS}X509_DIGEST_ALGORITHMS",
    f"{_DTLS}State.CONNECTED",
    "pylibsrtp:Error",
    "pylibsrtp._binding:ffi.buffer",
    "pylibsrtp._binding:lib.srtp_protect",
    "pylibsrtp._binding:lib.srtp_unprotect",
    "OpenSSL.SSL:OP_NO_RENEGOTIATION",
    "OpenSSL.SSL:Error",
    "OpenSSL.SSL:ZeroReturnError",
    *(
        f"OpenSSL.SSL:Connection.{name}"
        for name in (
            "get_selected_srtp_profile",
            "get_protocol_version_name",
            "get_cipher_name",
            "recv",
        )
    ),
)

# Lines in the code that calls us back, without which our overrides would not be reached, and
# those that refuse a peer whose certificate is not the one of its offer.
_LINES: dict[str, tuple[str, ...]] = {
    f"{_DTLS}RTCCertificate._create_ssl_context": ("SSL.VERIFY_FAIL_IF_NO_PEER_CERT",),
    f"{_DTLS}RTCDtlsTransport.__init__": (
        "self._rtp_router = ",
        "self._rx_srtp",
        "self._state = State.NEW",
        "self._tx_srtp",
        "self._ssl",
        "self._transport = transport",
    ),
    f"{_DTLS}RTCDtlsTransport._do_handshake": (
        "await self._recv_next()",
        "except ConnectionError",
    ),
    f"{_DTLS}RTCDtlsTransport._recv_next": (
        "self.transport._recv()",
        "self._ssl.bio_write(data)",
        "data = self._ssl.recv(1500)",
        "await self._write_ssl()",
        "data and self._data_receiver",
        "self._rx_srtp.unprotect(data)",
        "except pylibsrtp.Error",
        "self._handle_rtp_data(data, arrival_time_ms=",
        "self._handle_rtcp_data(data)",
    ),
    f"{_DTLS}RTCDtlsTransport._RTCDtlsTransport__run": ("self._rtp_router.receivers",),
    f"{_DTLS}RTCDtlsTransport._write_ssl": ("self.transport._send(data)",),
    f"{_DTLS}RTCDtlsTransport._validate_peer_identity": (
        "fingerprint_valid != fingerprint_supported",
        "self._set_state(State.FAILED)",
    ),
    f"{_DTLS}RTCDtlsTransport.start": (
        "._create_ssl_context(",
        "self._validate_peer_identity(remoteParameters)",
    ),
    f"{_DTLS}RTCDtlsTransport.stop": ("self._ssl.shutdown()", "except ConnectionError"),
    f"{_DTLS}RTCDtlsTransport._set_state": ('self.emit("statechange")',),
    "pylibsrtp:Session.__init__": ("self._srtp = ffi.gc(",),
}


def check_private() -> list[str]:
    """Return what has changed in the packages beneath, in words; empty: all is as it was.

    Asked at start: a process with a non-empty answer must not take calls. Blocking: it imports
    those packages and reads their source.
    """
    faults: dict[str, None] = {}
    for path, wanted in _SIGNATURES.items():
        thing = _resolve(path)
        if thing is None:
            faults[_gone(path)] = None
            continue
        found = " ".join(inspect.signature(thing).parameters)
        # a class method's own class is bound
        if found not in (wanted, f"cls {wanted}"):
            faults[f"{_short(path)} takes ({found}), not ({wanted})"] = None
    for path in _NAMES:
        if _resolve(path) is None:
            faults[_gone(path)] = None
    for path, lines in _LINES.items():
        thing = _resolve(path)
        if thing is None:
            faults[_gone(path)] = None
            continue
        source = inspect.getsource(thing)
        for line in lines:
            if line not in source:
                faults[f"{_short(path)} holds no {line!r} any more"] = None
    return list(faults)


def _resolve(path: str) -> Any:
    """Return what a path names; None where it is gone."""
    module, _, names = path.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for name in names.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return None
    return found


def _short(path: str) -> str:
    return path.partition(":")[2]


def _gone(path: str) -> str:
    module, _, names = path.partition(":")
    return f"{module} has no {names} any more"
