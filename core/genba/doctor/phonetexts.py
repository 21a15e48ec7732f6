"""Every sentence of the doctor about tests that phones have made: English, Japanese."""

from __future__ import annotations

PHONE_TEXTS: dict[str, tuple[str, str]] = {
    "name.tests": ("phone tests", "接続テスト"),
    "name.report": ("report", "報告"),
    "name.figures": ("measured", "実測"),
    "test.server": ("https://<this server>", "https://<このサーバー>"),
    "test.any_port": ("any port (rtc.udp_ports)", "すべてのポート (rtc.udp_ports)"),
    # --- sums
    "tests.none": (
        "Nobody has tested in seven days: open {url} on a phone.",
        "この7日間、だれも調べていません。スマホで {url} を開いてください。",
    ),
    "tests.good": (
        "{all} in seven days, all well (newest {code}, {at}).",
        "この7日間に{all}件、すべて良好です (最新 {code}、{at})。",
    ),
    "tests.some": (
        "{good} of {all} in seven days got through (newest {code}, {at}).",
        "この7日間の{all}件のうち{good}件で映像が通りました (最新 {code}、{at})。",
    ),
    "tests.nobody": (
        "None of {all} in seven days got through (newest {code}, {at}).",
        "この7日間の{all}件は、どれも映像が通りませんでした (最新 {code}、{at})。",
    ),
    "tests.nobody.cure": (
        "Mend what the next lines name; genba doctor --report {code} shows one test whole.",
        "次の行の対処をしてください。1件の詳細は genba doctor --report {code} で出ます。",
    ),
    "tests.counted": (
        "{count} of {all} ({code}, {at}): {what}",
        "{all}件のうち{count}件 ({code}、{at}): {what}",
    ),
    # --- one report
    "report.found": ("{code}, {at}, {who}", "{code}、{at}、{who}"),
    "report.unknown": ("There is no report {code}.", "報告 {code} はありません。"),
    "report.unknown.cure": (
        "The newest fifty are kept; check the code and data.dir, or test again.",
        "残るのは最新50件です。番号と data.dir を確かめるか、もう一度調べてもらってください。",
    ),
    "report.took": ("{ms} ms", "{ms}ミリ秒"),
    "report.ok": ("works", "良好"),
    "report.untested": ("not tested", "未確認"),
    "report.unsaid": (
        "fails ({why}); the phone shows what helps",
        "使えません ({why})。対処は端末の画面に出ています。",
    ),
    "report.figures": (
        "first picture {first} ms, {kbps} kbit/s, {loss} % lost, rtt {rtt} ms; {way}, {network}",
        "最初の映像{first}ミリ秒、{kbps} kbit/s、損失{loss}%、往復{rtt}ミリ秒。{way}、{network}",
    ),
    # --- steps
    "test.browser": ("browser", "ブラウザー"),
    "test.server_step": ("HTTPS", "HTTPS"),
    "test.websocket": ("WebSocket", "WebSocket"),
    "test.codec": ("codecs", "映像の形式"),
    "test.udp": ("UDP", "UDP"),
    "test.turn_udp": ("TURN/UDP", "TURN/UDP"),
    "test.turn_tcp": ("TURN/TCP", "TURN/TCP"),
    "test.turn_tls": ("TURN/TLS", "TURN/TLS"),
    "test.video": ("speed", "速さ"),
    "test.camera": ("camera", "カメラ"),
    "test.microphone": ("microphone", "マイク"),
    # --- causes
    "test.browser.no_webrtc": (
        "the browser has no WebRTC.",
        "ブラウザーがWebRTCを使えません。",
    ),
    "test.browser.no_webrtc.cure": (
        "A current Safari or Chrome; on company devices the policy that switches WebRTC off.",
        "新しいSafariかChromeを使ってください。会社の端末ではWebRTCを止める設定を外してください。",
    ),
    "test.browser.insecure": (
        "the page was opened by http: phones give no camera.",
        "httpで開かれました。スマホのカメラを使えません。",
    ),
    "test.browser.insecure.cure": (
        "Set server.certificate, or server.public_url of an HTTPS proxy, and hand out https links.",
        "server.certificate か、HTTPSの中継の server.public_url を設定してください。",
    ),
    "test.browser.in_app": (
        "the page was opened inside another app.",
        "アプリの中のブラウザーで開かれました。",
    ),
    "test.browser.in_app.cure": (
        "Have people open the link in Safari or Chrome.",
        "リンクをSafariかChromeで開くよう案内してください。",
    ),
    "test.server.no_port": (
        "no UDP port was free.",
        "空いているUDPポートがありませんでした。",
    ),
    "test.server.no_port.cure": (
        "Widen rtc.udp_ports to server.max_sessions + 1 ports and open them in the firewall.",
        "rtc.udp_ports を server.max_sessions + 1 個以上にし、ファイアウォールも開けます。",
    ),
    "test.websocket.blocked": (
        "WebSocket does not get through.",
        "WebSocketが通りません。",
    ),
    "test.websocket.blocked.cure": (
        "A proxy before Genba must pass Upgrade on; else it is the phone's network.",
        "前段の中継でUpgradeを通してください。通していれば端末側の回線です。",
    ),
    "test.websocket.late": ("control is slow.", "操作の通信が遅れています。"),
    "test.websocket.late.cure": (
        "The phone's reception, or the way to the server.",
        "端末の電波か、サーバーまでの経路を確かめてください。",
    ),
    "test.codec.none": (
        "the browser sends neither H.264 nor VP8.",
        "ブラウザーがH.264もVP8も送れません。",
    ),
    "test.codec.none.cure": ("Update the browser.", "ブラウザーを新しくしてください。"),
    "test.udp.blocked.there": (
        "UDP does not get through, while others do: that phone's network blocks it.",
        "UDPが通りません。ほかの端末は通るので、その端末の回線が止めています。",
    ),
    "test.udp.blocked.there.cure": (
        "Mobile data; let UDP {ports} out of that network; or offer TURN (turn.enabled).",
        "携帯回線を使う、その回線でUDP ({ports}) を通す、中継 (turn.enabled) を用意する。",
    ),
    "test.udp.blocked.nat": (
        "UDP gets through to nobody outside: the server offers private addresses alone.",
        "UDPが外のだれからも届きません。サーバーが内側のアドレスしか案内していません。",
    ),
    "test.udp.blocked.nat.cure": (
        "Set rtc.public_address to the address outside, and forward UDP {ports} to this machine.",
        "rtc.public_address に外側のアドレスを設定し、UDP ({ports}) をここへ転送します。",
    ),
    "test.udp.blocked.here": (
        "UDP gets through to nobody: nothing of them arrived at the media port.",
        "UDPがだれからも届きません。映像用ポートに何も届いていません。",
    ),
    "test.udp.blocked.here.cure": (
        "Open UDP {ports} to this machine: firewall, cloud rules, port forwarding.",
        "ファイアウォール、クラウドの規則、ルーターの転送でUDP ({ports}) を開けてください。",
    ),
    "test.udp.one_way": (
        "UDP arrives here, but answers do not get back.",
        "UDPは届いていますが、返事が端末に戻りません。",
    ),
    "test.udp.one_way.cure": (
        "Let UDP from {ports} out; behind NAT keep the port numbers (1:1), and check the way back.",
        "UDP ({ports}) の外向きを許し、NATではポート番号を変えないでください。",
    ),
    "test.udp.slow": ("connecting takes over 3 s.", "つながるまでに3秒以上かかりました。"),
    "test.udp.slow.cure": (
        "The phone's reception; addresses in rtc.addresses that nobody reaches cost time, too.",
        "端末の電波を確かめてください。届かないアドレスが rtc.addresses にあっても遅くなります。",
    ),
    "test.udp.refused": (
        "the server refused the link.",
        "サーバーがリンクを断りました。",
    ),
    "test.udp.refused.cure": ("See the server's log.", "サーバーのログを見てください。"),
    "test.turn.blocked": (
        "the TURN server does not answer that phone.",
        "中継サーバーがその端末に返事をしません。",
    ),
    "test.turn.blocked.cure": (
        "Is it running, and its port open? TLS on 443 passes most networks.",
        "動いているか、ポートが開いているかを確かめます。443番のTLSはたいてい通ります。",
    ),
    "test.turn.refused": (
        "the TURN server refuses the credentials, or its quota is used up.",
        "中継サーバーが合言葉を断ったか、割り当てを使い切りました。",
    ),
    "test.turn.refused.cure": (
        "Compare the secret and the clock on both machines; raise the quota.",
        "両方のマシンの合言葉と時計を確かめ、割り当ても見直してください。",
    ),
    "test.turn.no_way": (
        "the TURN server answers, but does not reach the media port.",
        "中継サーバーまでは届きますが、映像用ポートに届きません。",
    ),
    "test.turn.no_way.cure": (
        "Let it send to this machine's UDP {ports}; a denied peer range may hold our address.",
        "このマシンのUDP ({ports}) への送信を、中継サーバーで許してください。",
    ),
    "test.video.no_picture": (
        "the link opened, but no picture came.",
        "つながりましたが、映像が届きませんでした。",
    ),
    "test.video.no_picture.cure": (
        "Update the browser; see the server's log.",
        "ブラウザーを新しくし、サーバーのログも見てください。",
    ),
    "test.video.thin": ("less than 500 kbit/s go up.", "上りが500 kbit/sに足りません。"),
    "test.video.thin.cure": (
        "The phone's reception or contract; behind TURN also its bandwidth.",
        "端末の電波か契約を確かめてください。中継の場合は中継サーバーの帯域も見てください。",
    ),
    "test.video.lossy": ("more than 5 % gets lost.", "送ったデータの5%以上が失われました。"),
    "test.video.lossy.cure": (
        "The phone's Wi-Fi or reception; on all phones: the server's own line.",
        "端末のWi-Fiか電波を確かめてください。全端末で起きるならサーバー側の回線です。",
    ),
    "test.video.late": ("a round trip takes over 400 ms.", "往復に400ミリ秒以上かかりました。"),
    "test.video.late.cure": (
        "A queue that fills: the phone's line, or the server's own.",
        "回線が混み合っています。端末側かサーバー側の回線を確かめてください。",
    ),
    "test.video.refused": ("the test broke off.", "テストが途中で止まりました。"),
    "test.video.refused.cure": ("See the server's log.", "サーバーのログを見てください。"),
}
