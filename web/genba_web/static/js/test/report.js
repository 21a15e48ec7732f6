// @ts-check
// The report: what the server keeps, and what a person copies.

import { Problem, request } from '../api.js';
import { t } from '../i18n.js';
import { which } from './browser.js';

/**
 * @typedef {import('./steps.js').Step} Step
 * @typedef {import('./steps.js').Outcome} Outcome
 */

const TURNS = ['turn_udp', 'turn_tcp', 'turn_tls'];

/**
 * Whether pictures get through, and how: as the server judges, too.
 * @param {Step[]} steps
 * @returns {'good' | 'relay' | 'slow' | 'bad'}
 */
export function verdictOf(steps) {
  const state = Object.fromEntries(steps.map((step) => [step.name, step.state]));
  const works = (/** @type {string} */ name) => ['ok', 'slow'].includes(state[name]);
  if ([state.browser, state.server, state.video].includes('failed')) return 'bad';
  if (!works('udp')) return TURNS.some(works) ? 'relay' : 'bad';
  return [state.udp, state.video].includes('slow') ? 'slow' : 'good';
}

/**
 * Send the report; false where nobody takes it.
 * @param {Outcome} outcome
 * @param {Step[]} steps
 */
export async function send(outcome, steps) {
  if (!outcome.ticket) return false;
  const { figures, way, codecs } = outcome;
  try {
    await request('/test/report', {
      method: 'POST',
      headers: { Authorization: `Bearer ${outcome.ticket}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({
        steps: steps.map(({ name, state, why, ms = null }) => ({ name, state, why, ms })),
        browser: which(), figures, way, codecs,
      }),
    });
    return true;
  } catch (error) {
    Problem.from(error);
    return false;
  }
}

/**
 * The report as lines of text.
 * @param {Outcome} outcome
 * @param {Step[]} steps
 * @param {string} code
 * @param {(step: Step) => {what: string, cure: string}} words
 */
export function asText(outcome, steps, code, words) {
  const { name, version, system } = which();
  const now = new Date().toLocaleString('sv-SE', { timeZone: 'Asia/Tokyo' });
  const lines = [
    `Genba ${t('test.report')}${code ? ` ${code}` : ''}`,
    `${now} JST`,
    `${location.host} · ${[name, version, system].filter(Boolean).join(' ')}`,
    '',
  ];
  for (const step of steps) {
    const { what } = words(step);
    const head = `${t(`test.name.${step.name}`)}: ${t(`test.state.${step.state}`)}`;
    lines.push(what ? `${head} - ${what}` : head);
    if (step.why && step.state === 'failed') lines.push(`  (${step.name}.${step.why})`);
  }
  const { family, network, relay, codec } = outcome.way;
  if (family || codec)
    lines.push('', [family ? `IPv${family}` : '', network, relay ? `TURN/${relay}` : 'UDP', codec]
      .filter(Boolean).join(' · '));
  return lines.join('\n');
}
