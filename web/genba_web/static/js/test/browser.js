// @ts-check
// What this browser is, and what it can do by itself.

import { inApp } from '../camera/problem.js';
import { t } from '../i18n.js';

/** @typedef {import('./steps.js').Step} Step */

const BROWSERS = /** @type {const} */ ([
  ['Edge', /\bEdg(?:A|iOS)?\/(\d+)/], ['Samsung Internet', /\bSamsungBrowser\/(\d+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)/], ['Chrome', /\b(?:Headless)?(?:Chrome|CriOS)\/(\d+)/],
  ['Safari', /\bVersion\/(\d+)[\d.]* .*Safari\//],
]);
const SYSTEMS = /** @type {const} */ ([
  ['iOS', /iPhone|iPad|iPod/], ['Android', /Android/], ['Windows', /Windows/], ['macOS', /Mac OS X/],
  ['ChromeOS', /CrOS/], ['Linux', /Linux/],
]);

/** Name and major version, no more: two phones of a kind are told apart by nobody. */
export function which() {
  const agent = navigator.userAgent;
  const [name, pattern] = BROWSERS.find(([, one]) => one.test(agent)) ?? ['', /()/];
  return {
    name,
    version: pattern.exec(agent)?.[1] ?? '',
    system: SYSTEMS.find(([, one]) => one.test(agent))?.[0] ?? '',
    phone: /Mobi|Android|iPhone|iPad/.test(agent),
  };
}

/** @returns {Step} */
export function browser() {
  const name = 'browser';
  if (typeof RTCPeerConnection === 'undefined') return { name, state: 'failed', why: 'no_webrtc' };
  if (!isSecureContext) return { name, state: 'failed', why: 'insecure' };
  if (inApp) return { name, state: 'slow', why: 'in_app' };
  return { name, state: 'ok', why: '' };
}

/** @returns {string[]} the codecs of Genba that this browser sends */
export function codecs() {
  const known = RTCRtpSender.getCapabilities?.('video')?.codecs ?? [];
  return ['H264', 'VP8'].filter((name) => known.some(({ mimeType }) => mimeType === `video/${name}`));
}

/**
 * What is to be said of a step that went well.
 * @param {Step} step
 */
export function facts(step) {
  const measured = step.facts ?? {};
  if (step.name === 'browser' && step.state === 'ok') {
    const { name, version, system } = which();
    return [[name, version].join(' ').trim(), system].filter(Boolean).join(' · ');
  }
  if (step.name === 'codec') return String(measured.codecs ?? '');
  if (step.name === 'video' && step.state === 'ok') return t('test.facts.video', measured);
  return step.ms === undefined || step.state === 'untested' ? '' : t('test.facts.ms', { ms: step.ms });
}
