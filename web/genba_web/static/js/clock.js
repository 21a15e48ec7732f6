// @ts-check
// Times as people in Japan read them, whatever the device's own zone is.

import { lang } from './i18n.js';

const locale = lang === 'ja' ? 'ja-JP' : 'en-GB';
const zone = { timeZone: 'Asia/Tokyo', hourCycle: /** @type {const} */ ('h23') };
const second = new Intl.DateTimeFormat(locale, {
  ...zone, hour: '2-digit', minute: '2-digit', second: '2-digit',
});
const minute = new Intl.DateTimeFormat(locale, { ...zone, hour: '2-digit', minute: '2-digit' });

/**
 * @param {string | number | Date} moment
 * @returns {string}  `14:05`
 */
export function timeOfDay(moment) {
  return minute.format(new Date(moment));
}

const day = new Intl.DateTimeFormat(locale, { ...zone, month: 'numeric', day: 'numeric' });

/**
 * @param {string | number | Date} moment
 * @returns {string}  `14:05`, with the day when it is not today
 */
export function dayAndTime(moment) {
  const date = day.format(new Date(moment));
  return date === day.format(new Date()) ? timeOfDay(moment) : `${date} ${timeOfDay(moment)}`;
}

/**
 * @param {number} seconds
 * @returns {string}  `4:05`, or `1:04:05` from an hour on
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const rest = `${Math.floor((whole % 3600) / 60)}`;
  return hours ? `${hours}:${two(Number(rest))}:${two(whole % 60)}` : `${rest}:${two(whole % 60)}`;
}

/**
 * Show the time in Japan in `element`, each second; returns what stops it.
 * @param {HTMLElement} element
 * @returns {() => void}
 */
export function runClock(element) {
  const tick = () => {
    const now = new Date();
    element.textContent = `${second.format(now)} JST`;
    element.setAttribute('datetime', now.toISOString());
  };
  tick();
  const timer = setInterval(tick, 1000);
  return () => clearInterval(timer);
}
