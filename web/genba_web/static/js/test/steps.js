// @ts-check
// The steps of the test, one after the other; each is shown as it begins and as it ends.

import { api, Problem } from '../api.js';
import { t } from '../i18n.js';
import { browser, codecs } from './browser.js';
import { canPaint, pictures } from './pictures.js';
import { Way } from './way.js';

/**
 * `why` is a word with texts and a place in the report; empty where all is well.
 * @typedef {{name: string, state: 'ok' | 'slow' | 'failed' | 'untested', why: string, ms?: number,
 *   facts?: Record<string, any>}} Step
 * @typedef {{code: string, ticket: string, whip: string, relay: 'none' | 'offered' | 'invited',
 *   ice_servers: import('../rtclink.js').IceServer[], udp_ports: string}} Begun
 * @typedef {{code: string, ticket: string, figures: Record<string, number | null>,
 *   way: Record<string, any>, codecs: string[]}} Outcome
 * @typedef {(name: string, now: Step | 'running') => void} Draw
 */

const DIRECT = 8000; // ms until UDP counts as blocked
const RELAYED = 10000;
const SLOW = { connect: 3000, socket: 400, kbps: 500, loss: 0.05, rtt: 400 };
const TURNS = /** @type {const} */ (['turn_udp', 'turn_tcp', 'turn_tls']);
const REFUSED = { 'server.busy': 'busy', 'rate.limited': 'limited', 'rtc.no_port': 'no_port',
  'invitation.unknown': 'code', 'session.ended': 'code', network: 'unreachable' };

/**
 * @param {string} code  the invitation's digits, or empty
 * @param {Draw} draw
 * @returns {Promise<Outcome>}
 */
export async function run(code, draw) {
  /** @type {Outcome} */
  const outcome = { code: '', ticket: '', figures: {}, way: {}, codecs: [] };
  const own = browser();
  draw('browser', own);
  const begun = await server(code, draw);
  if (!begun) {
    for (const name of ['websocket', 'codec', 'udp', ...TURNS, 'video'])
      draw(name, { name, state: 'untested', why: '' });
    untested(draw);
    return outcome;
  }
  Object.assign(outcome, { code: begun.code, ticket: begun.ticket });
  await websocket(begun, draw);
  if (own.why === 'no_webrtc') {
    for (const name of ['codec', 'udp', ...TURNS, 'video']) draw(name, { name, state: 'untested', why: '' });
    untested(draw);
    return outcome;
  }
  outcome.codecs = codecs();
  draw('codec', outcome.codecs.length
    ? { name: 'codec', state: 'ok', why: '', facts: { codecs: outcome.codecs.join(', ') } }
    : { name: 'codec', state: 'failed', why: 'none' });
  if (!canPaint) {
    for (const name of ['udp', ...TURNS, 'video']) draw(name, { name, state: 'untested', why: 'unsupported' });
    untested(draw);
    return outcome;
  }
  const source = pictures();
  try {
    const direct = await udp(begun, source.stream, draw, outcome);
    await turns(begun, source.stream, draw, outcome, !direct);
  } finally {
    source.stop();
  }
  untested(draw);
  return outcome;
}

/** @param {Draw} draw */
function untested(draw) {
  for (const name of ['camera', 'microphone']) draw(name, { name, state: 'untested', why: 'tap' });
}

/**
 * @param {string} code
 * @param {Draw} draw
 * @returns {Promise<Begun | null>}
 */
async function server(code, draw) {
  const name = 'server';
  draw(name, 'running');
  const began = performance.now();
  try {
    const begun = await api('POST', '/tests', { code });
    draw(name, { name, state: 'ok', why: '', ms: Math.round(performance.now() - began) });
    return begun;
  } catch (error) {
    const problem = Problem.from(error);
    const known = /** @type {Record<string, string>} */ (REFUSED)[problem.code];
    const why = navigator.onLine ? known ?? 'refused' : 'offline';
    draw(name, { name, state: 'failed', why });
    return null;
  }
}

/**
 * @param {Begun} begun
 * @param {Draw} draw
 */
async function websocket(begun, draw) {
  const name = 'websocket';
  draw(name, 'running');
  const url = new URL('/test/socket', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const times = await new Promise((done) => {
    /** @type {number[]} */ const found = [];
    const socket = new WebSocket(url, ['genba.test.v1', `ticket.${begun.ticket}`]);
    let sent = 0;
    const ask = () => { sent = performance.now(); socket.send('?'); };
    const end = () => { clearTimeout(timer); socket.close(); done(found); };
    const timer = setTimeout(end, 5000);
    socket.onopen = ask;
    socket.onmessage = () => {
      found.push(performance.now() - sent);
      if (found.length < 5) ask();
      else end();
    };
    socket.onerror = end;
    socket.onclose = end;
  });
  if (!times.length) draw(name, { name, state: 'failed', why: 'blocked' });
  else {
    const ms = Math.round(times.sort((a, b) => a - b)[times.length >> 1]);
    draw(name, ms > SLOW.socket ? { name, state: 'slow', why: 'late', ms, facts: { ms } }
      : { name, state: 'ok', why: '', ms });
  }
}

/**
 * The direct way, and the pictures on it.
 * @param {Begun} begun
 * @param {MediaStream} stream
 * @param {Draw} draw
 * @param {Outcome} outcome
 * @returns {Promise<boolean>}
 */
async function udp(begun, stream, draw, outcome) {
  const name = 'udp';
  draw(name, 'running');
  const way = new Way(begun, stream);
  const where = { host: location.hostname, ports: begun.udp_ports || t('test.any_port') };
  try {
    const ms = await way.open(DIRECT);
    if (ms === null) {
      const { heard } = await way.seen();
      draw(name, { name, state: 'failed', why: heard ? 'one_way' : 'blocked', facts: where });
      return false;
    }
    draw(name, ms > SLOW.connect ? { name, state: 'slow', why: 'slow', ms, facts: { ms } }
      : { name, state: 'ok', why: '', ms });
    outcome.figures.connect_ms = ms;
    await video(way, draw, outcome, '');
    return true;
  } catch (error) {
    draw(name, refused(name, error));
    return false;
  } finally {
    way.close();
  }
}

/**
 * Each relay alone; where nothing else gets through, the pictures on the first that does.
 * @param {Begun} begun
 * @param {MediaStream} stream
 * @param {Draw} draw
 * @param {Outcome} outcome
 * @param {boolean} needed
 */
async function turns(begun, stream, draw, outcome, needed) {
  let measured = !needed;
  for (const name of TURNS) {
    const relay = begun.ice_servers.find((one) => kind(one) === name);
    if (!relay) {
      draw(name, { name, state: 'untested', why: begun.relay === 'invited' ? 'invited' : 'none' });
      continue;
    }
    draw(name, 'running');
    const way = new Way(begun, stream, relay);
    try {
      const ms = await way.open(RELAYED);
      if (ms === null) {
        const why = way.relayed ? 'no_way' : [401, 403, 437, 441, 486].includes(way.errorCode)
          ? 'refused' : 'blocked';
        draw(name, { name, state: 'failed', why });
        continue;
      }
      draw(name, { name, state: 'ok', why: '', ms });
      if (!measured) {
        measured = true;
        outcome.figures.connect_ms = ms;
        await video(way, draw, outcome, name.slice('turn_'.length));
      }
    } catch (error) {
      draw(name, refused(name, error));
    } finally {
      way.close();
    }
  }
  if (!measured) draw('video', { name: 'video', state: 'untested', why: 'no_way' });
}

/** @param {import('../rtclink.js').IceServer} server */
function kind({ urls }) {
  const url = String(Array.isArray(urls) ? urls[0] : urls);
  if (url.startsWith('turns:')) return 'turn_tls';
  if (!url.startsWith('turn:')) return '';
  return url.includes('transport=tcp') ? 'turn_tcp' : 'turn_udp';
}

/**
 * @param {Way} way
 * @param {Draw} draw
 * @param {Outcome} outcome
 * @param {string} relay
 */
async function video(way, draw, outcome, relay) {
  const name = 'video';
  draw(name, 'running');
  try {
    const { first, seen, rtt, family, network } = await way.measure(canPaint);
    outcome.way = { relay, family, network, codec: seen.codec };
    if (first === null) {
      draw(name, { name, state: 'failed', why: 'no_picture' });
      return;
    }
    const late = rtt ?? seen.rtt_ms;
    Object.assign(outcome.figures, { first_picture_ms: first, kbps: seen.kbps, loss: seen.loss, rtt_ms: late });
    const facts = { first, kbps: seen.kbps, loss: (seen.loss * 100).toFixed(1), rtt: late ?? '-' };
    const why = seen.kbps < SLOW.kbps ? 'thin' : seen.loss > SLOW.loss ? 'lossy'
      : (late ?? 0) > SLOW.rtt ? 'late' : '';
    draw(name, { name, state: why ? 'slow' : 'ok', why, ms: first, facts });
  } catch (error) {
    draw(name, refused(name, error));
  }
}

/**
 * @param {string} name
 * @param {unknown} error
 * @returns {Step}
 */
function refused(name, error) {
  const problem = Problem.from(error);
  return { name, state: 'failed', why: 'refused', facts: { reason: problem.title } };
}
