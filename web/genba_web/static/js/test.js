// @ts-check
// The test of the connection: runs the steps, says what each found, and sends the report.

import { cameraProblem } from './camera/problem.js';
import { formatCode } from './camera/session.js';
import { copy, icon, make, one, say, setIcon, show } from './dom.js';
import { boot, t } from './i18n.js';
import { asText, send, verdictOf } from './test/report.js';
import { browser, facts } from './test/browser.js';
import { run } from './test/steps.js';
import { toast } from './toast.js';

/** @typedef {import('./test/steps.js').Step} Step */

const ICONS = { waiting: 'info', ok: 'check', slow: 'warning', failed: 'bad', untested: 'info' };
const VERDICT_ICONS = { good: 'check', relay: 'check', slow: 'warning', bad: 'bad' };
const input = /** @type {HTMLInputElement} */ (one('#code'));
const go = /** @type {HTMLButtonElement} */ (one('#go'));
/** @type {Map<string, Step>} */ const found = new Map();
/** @type {import('./test/steps.js').Outcome | null} */ let outcome = null;

/** The invitation's digits: of the address, of this tab's own joining, or as typed. */
function invited() {
  const here = formatCode(decodeURIComponent(location.hash.slice(1)));
  if (here.length === 9) return here;
  const joined = Object.keys(sessionStorage).find((key) => key.startsWith('genba.join.'));
  return joined ? formatCode(joined.slice('genba.join.'.length)) : '';
}

/**
 * Show where a step stands.
 * @param {string} name
 * @param {Step | 'running'} now
 */
function draw(name, now) {
  const item = one(`#step-${name}`);
  const state = now === 'running' ? now : now.state;
  item.dataset.state = state;
  const mark = one('.mark', item);
  mark.replaceChildren(state === 'running' ? make('span', { class: 'spinner' }) : icon(ICONS[state]));
  say(one('.check-state', item), t(`test.state.${state}`));
  const { what, cure } = now === 'running' ? { what: '', cure: '' } : words(now);
  for (const [selector, text] of [['.check-what', what], ['.check-cure', cure]]) {
    say(one(selector, item), text);
    show(one(selector, item), text !== '');
  }
  if (now === 'running') say(one('#progress'), t('test.progress', { name: t(`test.name.${name}`) }));
  else found.set(name, now);
}

/**
 * What a step found, and what helps.
 * @param {Step} step
 */
export function words(step) {
  const measured = step.facts ?? {};
  const key = step.name.startsWith('turn_') ? 'turn' : step.name;
  if (!step.why) return { what: facts(step), cure: '' };
  if (step.name === 'camera' || step.name === 'microphone') {
    if (step.why === 'tap') return { what: t('test.camera.tap'), cure: '' };
    if (step.name === 'microphone') return { what: t('test.microphone.what'), cure: t('test.microphone.cure') };
    return { what: t(`camera.problem.${step.why}.title`), cure: t(`camera.problem.${step.why}.advice`) };
  }
  return {
    what: t(`test.why.${key}.${step.why}.what`, measured),
    cure: step.state === 'untested' ? '' : t(`test.why.${key}.${step.why}.cure`, measured),
  };
}

async function start() {
  go.disabled = true;
  say(one('span', go), t('test.state.running'));
  show(one('#verdict'), false);
  show(one('#report'), false);
  show(one('#camera'), false);
  found.clear();
  for (const item of document.querySelectorAll('#steps li')) {
    const name = /** @type {HTMLElement} */ (item).dataset.step ?? '';
    draw(name, { name, state: /** @type {any} */ ('waiting'), why: '' });
  }
  found.clear();
  try {
    outcome = await run(invited() || formatCode(input.value), draw);
    await finish();
  } finally {
    go.disabled = false;
    say(one('span', go), t('test.again'));
    setIcon(go, 'retry');
  }
}

/** Say the verdict, show and send the report. */
async function finish() {
  if (!outcome) return;
  const shown = [...document.querySelectorAll('#steps li:not([hidden])')];
  const steps = shown.flatMap((item) => found.get(/** @type {HTMLElement} */ (item).dataset.step ?? '') ?? []);
  const verdict = verdictOf(steps);
  const why = steps.find(({ state, name }) => state === 'failed' && ['browser', 'server'].includes(name));
  const box = one('#verdict');
  const big = one('.big-icon', box);
  big.className = `big-icon ${verdict === 'bad' ? 'bad' : verdict === 'slow' ? 'warn' : 'good'}`;
  big.replaceChildren(icon(VERDICT_ICONS[verdict]));
  say(one('#verdict-title'), t(`test.verdict.${verdict}.title`));
  say(one('#verdict-advice'), why ? words(why).what : t(`test.verdict.${verdict}.advice`));
  show(box, true);
  const first = one('#report').hidden;
  if (first) {
    box.focus();
    say(one('#progress'), `${one('#verdict-title').textContent} ${one('#verdict-advice').textContent}`);
  }
  const sent = await send(outcome, steps);
  const code = outcome.code ? `${outcome.code.slice(0, 3)}-${outcome.code.slice(3)}` : '';
  say(one('#report-code'), code);
  show(one('#report-code'), sent);
  say(one('#report-told'), t(sent ? 'test.report.sent' : 'test.report.unsent'));
  one('#report-text').textContent = asText(outcome, steps, sent ? code : '', words);
  show(one('#report'), true);
  show(one('#camera'), true);
}

/** Ask for camera and microphone; nothing of them leaves the phone. */
async function tryCamera() {
  const button = /** @type {HTMLButtonElement} */ (one('#camera'));
  button.disabled = true;
  for (const [name, wanted] of /** @type {const} */ ([
    ['camera', { video: true }], ['microphone', { audio: true }]])) {
    draw(name, 'running');
    try {
      if (!navigator.mediaDevices) throw new DOMException('', 'SecurityError');
      const stream = await navigator.mediaDevices.getUserMedia(wanted);
      for (const track of stream.getTracks()) track.stop();
      draw(name, { name, state: 'ok', why: '' });
    } catch (error) {
      draw(name, { name, state: 'failed', why: cameraProblem(error) });
    }
  }
  button.disabled = false;
  await finish();
  button.focus();
}

one('#test-form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (!go.disabled) start();
});
input.addEventListener('input', () => { input.value = formatCode(input.value); });
one('#camera').addEventListener('click', tryCamera);
one('#copy').addEventListener('click', async () => {
  if (await copy(one('#report-text').textContent ?? '')) toast(t('base.copied'));
});
show(one('#test-code'), boot.relay && !boot.signed_in && !invited());
for (const name of ['turn_udp', 'turn_tcp', 'turn_tls']) show(one(`#step-${name}`), boot.relay);
draw('browser', browser());
