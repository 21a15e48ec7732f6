"""What the doctor says of the TURN server: English, Japanese."""

from __future__ import annotations

RELAY_TEXTS: dict[str, tuple[str, str]] = {
    "name.turn": ("TURN server", "TURN (中継)"),
    "turn.good": ("Something answers on {host}:{port}.", "{host}:{port} が応答しています。"),
    "turn.ready": (
        "Genba will start it on {host}:{port}.",
        "起動時に{host}:{port}で動かします。",
    ),
    "turn.foreign": ("rtc.ice_servers names another.", "rtc.ice_servers の中継を使います。"),
    "turn.loopback": (
        "None needed: only this computer reaches the server.",
        "不要です。このPCからだけ使えます。",
    ),
    "turn.missing": (
        "None: networks that let no UDP through cannot connect.",
        "ありません。UDPを通さないネットワークからは接続できません。",
    ),
    "turn.missing.cure": ("apt-get install coturn", "apt-get install coturn"),
    "turn.set": (
        "Off by turn.enabled: networks that let no UDP through cannot connect.",
        "turn.enabled で切ってあります。UDPを通さないネットワークからは接続できません。",
    ),
    "turn.set.cure": (
        'Set turn.enabled = "auto", or name a server in rtc.ice_servers.',
        'turn.enabled = "auto" にするか、rtc.ice_servers に中継を指定してください。',
    ),
    "turn.plain": (
        "It answers on {host}:{port}, but without TLS: firewalls that look into TCP stop it.",
        "{host}:{port} は応答しますが、TLSがありません。検査の厳しい回線は通れません。",
    ),
    "turn.plain.cure": (
        "Set server.certificate or turn.certificate.",
        "server.certificate か turn.certificate を設定してください。",
    ),
    "turn.wrong": ("{error}", "{error}"),
    "turn.wrong.cure": (
        "Correct turn.*; docs/network.md explains it.",
        "turn.* を直してください。docs/network.md に説明があります。",
    ),
}
