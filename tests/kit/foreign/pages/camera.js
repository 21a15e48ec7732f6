// A page of somebody else's: a canvas or the made-up camera, sent by WHIP with plain browser parts.
// `start` sends, `turn` rotates the canvas as a phone is rotated, `leave` says goodbye.
const said = [];
let pc, resource, canvas, drawing;

export async function answered(method, url, token, body, type, etag) {
  const headers = { Authorization: `Bearer ${token}` };
  if (body !== undefined) headers["Content-Type"] = type;
  if (etag) headers["If-Match"] = etag;
  const answer = await fetch(url, { method, headers, body });
  said.push({ method, status: answer.status });
  if (!answer.ok) throw new Error(`${method}: ${answer.status} ${await answer.text()}`);
  return answer;
}

function draw(width, height) {
  canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  document.body.append(canvas);
  const context = canvas.getContext("2d");
  let n = 0;
  drawing = setInterval(() => { // white above, blue below, a bar that moves: upright can be seen
    const { width: w, height: h } = canvas;
    context.fillStyle = "#ffffff"; context.fillRect(0, 0, w, h / 2);
    context.fillStyle = "#2040c0"; context.fillRect(0, h / 2, w, h / 2);
    context.fillStyle = "#000000"; context.fillRect(n++ * 8 % w, h / 2 - 4, 40, 8);
  }, 1000 / 15);
  return canvas.captureStream(15);
}

async function stream({ width, height, drawn }) {
  const media = await navigator.mediaDevices.getUserMedia(
    { audio: true, video: drawn ? false : { width, height, frameRate: 15 } });
  if (drawn) for (const track of draw(width, height).getTracks()) media.addTrack(track);
  return media;
}

async function connection(options) {
  const made = new RTCPeerConnection({ iceServers: [] });
  for (const track of (await stream(options)).getTracks()) {
    const line = made.addTransceiver(track, { direction: "sendonly" });
    if (track.kind !== "video") continue;
    const all = RTCRtpSender.getCapabilities("video").codecs;
    const wanted = [`video/${options.codec}`, "video/rtx"];
    line.setCodecPreferences(all.filter((codec) => wanted.includes(codec.mimeType)));
    const parameters = line.sender.getParameters();
    parameters.degradationPreference = "maintain-resolution";
    await line.sender.setParameters(parameters);
  }
  return made;
}

export async function start(options) {
  const { url, token } = options;
  pc = await connection(options);
  const found = [];
  let finish;
  const gathered = new Promise((resolve) => { finish = resolve; });
  pc.onicecandidate = ({ candidate }) => (candidate ? found.push(candidate) : finish());
  await pc.setLocalDescription(); // POST does not wait for candidates
  const { sdp } = pc.localDescription;
  const answer = await answered("POST", url, token, sdp, "application/sdp");
  resource = new URL(answer.headers.get("location"), url).href;
  const etag = answer.headers.get("etag");
  await pc.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  await gathered;
  const head = [sdp.match(/a=ice-ufrag:.*/)[0], sdp.match(/a=ice-pwd:.*/)[0],
    sdp.match(/m=.*/)[0], sdp.match(/a=mid:.*/)[0]].map((line) => line.trim());
  const type = "application/trickle-ice-sdpfrag";
  const lines = found.map((candidate) => `a=${candidate.candidate}`);
  const patch = (more) =>
    answered("PATCH", resource, token, [...head, ...more, ""].join("\r\n"), type, etag);
  await patch(lines);
  await patch(["a=end-of-candidates"]);
}

export function turn() {
  [canvas.width, canvas.height] = [canvas.height, canvas.width];
}

export async function leave({ token }) {
  clearInterval(drawing);
  await answered("DELETE", resource, token); // once closed, DTLS's own goodbye may be there first
  pc.close();
}

export { said, connection };
