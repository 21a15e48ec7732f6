// The npm package whip-whep, as its readme uses it; `fetch` is listened to, nothing else is changed.
import { WHIPClient } from "/vendor/whip-whep/whip.js";
import { WHEPClient } from "/vendor/whip-whep/whep.js";
import { connection } from "/camera.js";

export const said = [];
const real = globalThis.fetch;
globalThis.fetch = async (url, options = {}) => {
  const answer = await real(url, options);
  const candidates = `${options.body ?? ""}`.match(/^a=candidate/gm)?.length ?? 0;
  said.push({ method: options.method ?? "GET", status: answer.status, candidates });
  return answer;
};

let client, pc;

export async function start(options) {
  pc = await connection(options);
  client = new WHIPClient();
  await client.publish(pc, options.url, options.token);
}

export async function view({ url, token }) {
  pc = new RTCPeerConnection({ iceServers: [] });
  pc.addTransceiver("audio", { direction: "recvonly" });
  pc.addTransceiver("video", { direction: "recvonly" });
  const video = document.createElement("video");
  video.muted = video.autoplay = true;
  video.srcObject = new MediaStream();
  pc.ontrack = ({ track }) => video.srcObject.addTrack(track);
  document.body.append(video);
  client = new WHEPClient();
  await client.view(pc, url, token);
}

export async function sounds() {
  const found = [...(await pc.getStats()).values()];
  return found.find((one) => one.type === "inbound-rtp" && one.kind === "audio")
    ?.packetsReceived ?? 0;
}

export async function restart() {
  await client.restart();
}

export async function leave() {
  await client.stop();
}
