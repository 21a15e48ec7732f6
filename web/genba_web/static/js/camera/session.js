// @ts-check
// The ticket that an invitation gives, kept for this tab, so that a reload finds its place again.

import { api } from '../api.js';

/**
 * @typedef {{token: string, session: string, session_name: string, name: string, slot: number,
 *   whip: string, whep: string, control: string, expires: string, recording: boolean,
 *   ice_servers?: import('../rtclink.js').IceServer[]}} Joined
 */

/**
 * @param {string} code  eight digits, with or without a hyphen
 * @returns {Promise<Joined>}
 */
export async function join(code) {
  const place = `genba.join.${code}`;
  const kept = sessionStorage.getItem(place);
  if (kept) {
    const joined = JSON.parse(kept);
    if (Date.parse(joined.expires) > Date.now() + 60_000) return joined;
  }
  const joined = await api('POST', '/join', { code });
  sessionStorage.setItem(place, JSON.stringify(joined));
  return joined;
}

/**
 * Forget the ticket: it was refused or the session is over.
 * @param {string} code
 */
export function forget(code) {
  sessionStorage.removeItem(`genba.join.${code}`);
}

/**
 * The digits of what was typed, as they are read out: `1234-5678`.
 * @param {string} typed
 * @returns {string}
 */
export function formatCode(typed) {
  // Full-width digits come from Japanese keyboards.
  const digits = typed.normalize('NFKC').replace(/\D/g, '').slice(0, 8);
  return digits.length > 4 ? `${digits.slice(0, 4)}-${digits.slice(4)}` : digits;
}

/**
 * The code in this page's address; empty on the page that asks for it.
 * @returns {string}
 */
export function codeHere() {
  return formatCode(decodeURIComponent(location.pathname.split('/')[2] ?? ''));
}

