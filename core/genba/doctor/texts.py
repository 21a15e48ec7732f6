"""Every sentence of the doctor: English, Japanese."""

from __future__ import annotations

from genba.doctor.phonetexts import PHONE_TEXTS
from genba.doctor.relaytexts import RELAY_TEXTS

TEXTS: dict[str, tuple[str, str]] = {
    # --- the report
    "grade.good": ("ok", "良好"),
    "grade.warn": ("warn", "注意"),
    "grade.bad": ("BAD", "異常"),
    "cure": ("cure", "対処"),
    "sum.good": ("Everything is well.", "問題は見つかりませんでした。"),
    "sum.warn": ("It runs; {warn} things could be better.", "動作します。注意が{warn}件あります。"),
    "sum.bad": ("{bad} things have to be mended.", "対処が必要な異常が{bad}件あります。"),
    "failed": ("The check itself failed: {error}", "検査そのものが失敗しました: {error}"),
    "failed.cure": ("Report it with this line.", "この行を添えてご報告ください。"),
    # --- names
    "name.settings": ("settings", "設定"),
    "name.python": ("Python", "Python"),
    "name.codecs": ("codecs", "コーデック"),
    "name.opus": ("lost sound", "音声の補間"),
    "name.libyuv": ("libyuv", "libyuv"),
    "name.font": ("Japanese font", "日本語フォント"),
    "name.webrtc": ("WebRTC parts", "WebRTC部品"),
    "name.data": ("data folder", "データフォルダー"),
    "name.disk": ("free disk", "空き容量"),
    "name.tcp": ("TCP port", "TCPポート"),
    "name.udp": ("UDP ports", "UDPポート"),
    "name.public": ("public address", "外側のアドレス"),
    "name.certificate": ("certificate", "証明書"),
    "name.plugin": ("plugin {name}", "プラグイン {name}"),
    # --- settings
    "settings.good": ("All settings are valid.", "設定はすべて有効です。"),
    "settings.wrong": ("{fault}", "{fault}"),
    "settings.wrong.cure": (
        "Correct it; docs/settings.md lists every setting.",
        "修正してください。設定の一覧は docs/settings.md にあります。",
    ),
    # --- the machine
    "python.good": ("{version}", "{version}"),
    "python.old": ("{version} is too old.", "{version} は古すぎます。"),
    "python.old.cure": ("Install Python 3.11 or newer.", "Python 3.11以降を入れてください。"),
    "codecs.good": ("All are there ({names}).", "すべて使えます ({names})。"),
    "codecs.missing": ("PyAV has no {names}.", "PyAVに {names} がありません。"),
    "codecs.missing.cure": (
        "Install PyAV from its wheel: uv sync --reinstall-package av",
        "PyAVをwheelから入れ直してください: uv sync --reinstall-package av",
    ),
    "opus.good": ("Lost sound is concealed by libopus.", "途切れた音声はlibopusで補間します。"),
    "opus.missing": ("{fault}", "libopusが見つからず、途切れた音声は無音になります。"),
    "opus.missing.cure": ("apt-get install libopus0", "apt-get install libopus0"),
    "libyuv.good": ("Pictures are scaled by libyuv.", "映像の縮小にlibyuvを使います。"),
    "libyuv.missing": (
        "Not installed: composing costs three times as much CPU.",
        "入っていません。映像の合成にCPUを3倍使います。",
    ),
    "libyuv.missing.cure": ("apt-get install libyuv0", "apt-get install libyuv0"),
    "font.good": ("{file}", "{file}"),
    "font.missing": (
        "None: names in the picture show as boxes.",
        "ありません。映像の中の名前が□になります。",
    ),
    "font.missing.cure": ("apt-get install fonts-noto-cjk", "apt-get install fonts-noto-cjk"),
    "webrtc.good": ("aiortc {aiortc}, aioice {aioice}", "aiortc {aiortc}、aioice {aioice}"),
    "webrtc.changed": (
        "aiortc {aiortc} or aioice {aioice} is not the release that Genba was made for: {faults}",
        "aiortc {aiortc} または aioice {aioice} はGenbaが対応する版ではありません: {faults}",
    ),
    "webrtc.changed.cure": (
        "Install what is locked: uv sync --frozen",
        "固定された版を入れてください: uv sync --frozen",
    ),
    # --- disk
    "data.good": ("{path} can be written.", "{path} に書き込めます。"),
    "data.new": ("{path} will be made.", "{path} を作成します。"),
    "data.no": ("{path} cannot be written: {error}", "{path} に書き込めません: {error}"),
    "data.no.cure": (
        "Give the folder to the server's user, or set data.dir.",
        "サーバーのユーザーに権限を与えるか、data.dir を変えてください。",
    ),
    "disk.good": ("{free} GB", "{free} GB"),
    "disk.low": (
        "{free} GB: an hour of recording takes about {hour} GB.",
        "{free} GB。1時間の録画に約{hour} GB使います。",
    ),
    "disk.low.cure": ("Erase old recordings.", "古い録画を消去してください。"),
    "disk.full": (
        "{free} GB: no recording starts (recordings.min_free_mb = {least}).",
        "{free} GB。録画を開始できません (recordings.min_free_mb = {least})。",
    ),
    "disk.full.cure": (
        "Erase recordings, or move data.dir to a larger disk.",
        "録画を消去するか、data.dir を大きなディスクへ移してください。",
    ),
    # --- network
    "tcp.good": ("{host}:{port} is free.", "{host}:{port} は空いています。"),
    "tcp.any": ("Any free port is taken at start.", "起動時に空きポートを使います。"),
    "tcp.genba": ("Genba runs on {host}:{port}.", "{host}:{port} でGenbaが動いています。"),
    "tcp.no": ("{host}:{port} cannot be used: {error}", "{host}:{port} を使えません: {error}"),
    "tcp.no.cure": (
        "Choose another server.port, or stop what uses it.",
        "server.port を変えるか、使っているものを止めてください。",
    ),
    "udp.good": ("{addresses}, ports {ports}", "{addresses}、ポート {ports}"),
    "udp.any": ("{addresses}, any port", "{addresses}、任意のポート"),
    "udp.few": (
        "{free} free ports in {ports} for {sessions} sessions (server.max_sessions).",
        "{ports} の空きポートは{free}個で、支援{sessions}件 (server.max_sessions) に足りません。",
    ),
    "udp.few.cure": (
        "Widen rtc.udp_ports: each session takes one port.",
        "rtc.udp_ports を広げてください。支援1件に1ポート使います。",
    ),
    "udp.none": ("No port of {ports} is free.", "{ports} に空きポートがありません。"),
    "udp.none.cure": ("Change rtc.udp_ports.", "rtc.udp_ports を変えてください。"),
    "udp.foreign": (
        "{address} is not an address of this machine: {error}",
        "{address} はこのマシンのアドレスではありません: {error}",
    ),
    "udp.foreign.cure": (
        "Correct rtc.addresses; behind NAT set rtc.public_address.",
        "rtc.addresses を直してください。NATの内側なら rtc.public_address を使います。",
    ),
    "udp.system": (
        "rtc.udp_ports = {ports}: port {port}: {error}",
        "rtc.udp_ports = {ports}: ポート {port}: {error}",
    ),
    "udp.system.cure": (
        "Take ports from 1024 on, or give the server's user CAP_NET_BIND_SERVICE.",
        "1024以上のポートを使うか、サーバーのユーザーに CAP_NET_BIND_SERVICE を与えてください。",
    ),
    "udp.near": (
        "Media is offered at {addresses} alone, but people come by {url}: no picture gets through.",
        "映像は {addresses} だけで受けますが、{url} で案内しています。外から映像が通りません。",
    ),
    "udp.near.cure": (
        'Set rtc.addresses = ["0.0.0.0"], or the address that others reach.',
        'rtc.addresses = ["0.0.0.0"]、または外から届くアドレスを設定してください。',
    ),
    "public.none": (
        "Not set: phones are told this machine's own addresses.",
        "未設定。このマシンのアドレスをそのまま案内します。",
    ),
    "public.good": (
        "{addresses}, named before this machine's own addresses",
        "{addresses} を、このマシンのアドレスより先に案内します。",
    ),
    "public.inside": (
        "{addresses} is a private address: only phones inside reach it.",
        "{addresses} は内側のアドレスです。外のスマホからは届きません。",
    ),
    "public.inside.cure": (
        "Set rtc.public_address to the address that the internet sees.",
        "rtc.public_address に、インターネットから見えるアドレスを設定してください。",
    ),
    "public.wrong": ("{error}", "{error}"),
    "public.wrong.cure": (
        "Correct the name, or write the address itself.",
        "名前を直すか、アドレスを直接書いてください。",
    ),
    "public.nat": (
        "{host} is {found}, which this machine has not got: it stands behind NAT or a proxy.",
        "{host} は {found} ですが、このマシンのアドレスではありません。NATか中継の内側です。",
    ),
    "public.nat.cure": (
        "If UDP is forwarded from there: rtc.public_address = {found}; else offer TURN.",
        "UDPを転送しているなら rtc.public_address = {found}。なければ中継を用意します。",
    ),
    # --- certificate
    "certificate.good": ("{path} is valid until {until}.", "{path} は{until}まで有効です。"),
    "certificate.local": (
        "None needed: only this computer reaches the server.",
        "不要です。このPCからだけ使えます。",
    ),
    "certificate.proxy": (
        "None here: {url} stands before Genba.",
        "ここでは不要です。前段の {url} が受け持ちます。",
    ),
    "certificate.plain": (
        "None: phones get no camera over plain HTTP.",
        "ありません。HTTPのままでは、スマホのカメラを使えません。",
    ),
    "certificate.plain.cure": (
        "Set server.certificate, or server.public_url of an HTTPS proxy; to try: genba demo --lan",
        "server.certificate か、HTTPSの中継の server.public_url を設定。試すなら genba demo --lan",
    ),
    "certificate.wrong": ("{error}", "{error}"),
    "certificate.wrong.cure": (
        "Correct server.certificate and server.certificate_key.",
        "server.certificate と server.certificate_key を直してください。",
    ),
    "certificate.over": ("{path} ended at {until}.", "{path} は{until}に期限が切れました。"),
    "certificate.over.cure": ("Renew it.", "更新してください。"),
    "certificate.soon": ("{path} ends at {until}.", "{path} は{until}に期限が切れます。"),
    "certificate.soon.cure": ("Renew it.", "更新してください。"),
    "certificate.open": (
        "Other users of this machine can read {path}.",
        "このマシンのほかのユーザーが {path} を読めます。",
    ),
    "certificate.open.cure": ("chmod 600 {path}", "chmod 600 {path}"),
    # --- plugins
    "plugin.good": ("loaded", "読み込みました"),
    "plugin.broken": ("{reason}", "{reason}"),
    "plugin.broken.cure": (
        'Mend or update it, or switch it off: plugins.off = ["{name}"]',
        '修正または更新するか、外してください: plugins.off = ["{name}"]',
    ),
    **PHONE_TEXTS,
    **RELAY_TEXTS,
}
