"""The process's DTLS certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiortc.rtcdtlstransport import RTCCertificate
from OpenSSL import SSL

if TYPE_CHECKING:
    from aiortc.rtcdtlstransport import SRTPProtectionProfile

# Forward secrecy and, but for the last two, authenticated encryption. The RSA ones are for peers
# whose own certificate is RSA (GStreamer); ours is always ECDSA on P-256. The CBC ones, which
# RFC 8827 asks for, are for old FFmpeg builds.
CIPHERS = (
    b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
    b"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305:"
    b"ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA"
)
DTLS_1_2 = 0xFEFD


class Certificate(RTCCertificate):
    """Self-signed, for thirty days, made anew with each process."""

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(CIPHERS)
        context.set_min_proto_version(DTLS_1_2)
        context.set_options(SSL.OP_NO_RENEGOTIATION)
        return context
