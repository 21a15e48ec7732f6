"""The names of other packages that we use though they are not promised to us."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import aioice.candidate
import aioice.ice
import aioice.stun
import aiortc.rate
import aiortc.rtcdtlstransport as dtls
import aiortc.rtp
from aiortc import sdp

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Callables whose parameters we fill or whose calls we receive.
_SIGNATURES: dict[Callable[..., Any], str] = {
    dtls.RTCCertificate._create_ssl_context: "self srtp_profiles",  # noqa: SLF001
    dtls.RTCDtlsTransport.__init__: "self transport certificates",
    dtls.RTCDtlsTransport._handle_rtp_data: "self data arrival_time_ms",  # noqa: SLF001
    dtls.RTCDtlsTransport._handle_rtcp_data: "self data",  # noqa: SLF001
    dtls.RTCDtlsTransport._recv_next: "self",  # noqa: SLF001
    dtls.RTCDtlsTransport._set_role: "self role",  # noqa: SLF001
    dtls.RTCDtlsTransport.start: "self remoteParameters",
    dtls.RTCDtlsTransport.stop: "self",
    aiortc.rtp.HeaderExtensionsMap.configure: "self parameters",
    aiortc.rtp.RtpPacket.parse: "data extensions_map",
    aiortc.rtp.RtcpPacket.parse: "data",
    aiortc.rtp.unpack_remb_fci: "data",
    aiortc.rtp.pack_remb_fci: "bitrate ssrcs",
    aiortc.rate.RemoteBitrateEstimator.add: "self arrival_time_ms abs_send_time payload_size ssrc",
    sdp.SessionDescription.parse: "sdp",
    aioice.stun.parse_message: "data",
    aioice.stun.Message.check_message_integrity: "self key",
    aioice.stun.Message.add_message_integrity: "self key",
    aioice.candidate.candidate_foundation: "candidate_type candidate_transport base_address",
    aioice.candidate.candidate_priority: "candidate_component candidate_type local_pref",
    aioice.ice.get_host_addresses: "use_ipv4 use_ipv6",
}

# Lines in the code that calls us back, without which our overrides would not be reached.
_LINES: dict[Callable[..., Any], tuple[str, ...]] = {
    dtls.RTCDtlsTransport.__init__: (
        "self._rtp_router = ",
        "self._tx_srtp",
        "self._ssl",
        "self._transport = transport",
    ),
    dtls.RTCDtlsTransport._do_handshake: (  # noqa: SLF001
        "await self._recv_next()",
        "except ConnectionError",
    ),
    dtls.RTCDtlsTransport._recv_next: (  # noqa: SLF001
        "self.transport._recv()",
        "self._rx_srtp.unprotect(data)",
        "self._handle_rtp_data(data, arrival_time_ms=",
        "self._handle_rtcp_data(data)",
    ),
    dtls.RTCDtlsTransport._write_ssl: ("self.transport._send(data)",),  # noqa: SLF001
    dtls.RTCDtlsTransport._validate_peer_identity: (  # noqa: SLF001
        "self._set_state(State.FAILED)",
    ),
    dtls.RTCDtlsTransport.start: (
        "._create_ssl_context(",
        "self._validate_peer_identity(remoteParameters)",
    ),
    dtls.RTCDtlsTransport._set_state: ('self.emit("statechange")',),  # noqa: SLF001
}


def check_private() -> list[str]:
    """Return what has changed in the packages beneath, in words; empty: all is as it was.

    Asked at start: a process with a non-empty answer must not take calls.
    """
    faults = []
    for function, wanted in _SIGNATURES.items():
        found = " ".join(inspect.signature(function).parameters)
        # a class method's own class is bound
        if found not in (wanted, f"cls {wanted}"):
            faults.append(f"{function.__qualname__} takes ({found}), not ({wanted})")
    for function, lines in _LINES.items():
        source = inspect.getsource(function)
        faults += [
            f"{function.__qualname__} holds no {line!r} any more"
            for line in lines
            if line not in source
        ]
    run = inspect.getsource(dtls.RTCDtlsTransport._RTCDtlsTransport__run)  # type: ignore[attr-defined]  # noqa: SLF001
    if "self._rtp_router.receivers" not in run:
        faults.append("RTCDtlsTransport's pump reads no _rtp_router.receivers any more")
    return faults
