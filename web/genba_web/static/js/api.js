// @ts-check
// The JSON API under /api/v1, and the one shape of its refusals.

import { has, t } from './i18n.js';

// Asking again with the same words would get the same answer.
const FINAL = new Set([400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422]);

/** Why something was not done: problem+json (RFC 9457), or `network` when nobody answered. */
export class Problem extends Error {
  /**
   * @param {{code?: string, status?: number, title?: string, advice?: string, detail?: string,
   *   request_id?: string}} body
   */
  constructor(body) {
    const code = body.code ?? (body.status ? 'server.failed' : 'network');
    super(body.title ?? code);
    this.name = 'Problem';
    this.code = code;
    this.status = body.status ?? 0;
    this.detail = body.detail ?? '';
    this.requestId = body.request_id ?? '';
    const key = `error.${code}`;
    /** What happened, for the person at the screen. */
    this.title = has(`${key}.title`) ? t(`${key}.title`) : body.title ?? code;
    /** What to do about it. */
    this.advice = has(`${key}.advice`) ? t(`${key}.advice`) : body.advice ?? '';
  }

  /** Whether trying again unchanged is useless. */
  get final() {
    return FINAL.has(this.status);
  }

  /**
   * @param {Response} response
   * @returns {Promise<Problem>}
   */
  static async of(response) {
    const type = response.headers.get('Content-Type') ?? '';
    const body = type.includes('json') ? await response.json() : {};
    return new Problem({ request_id: response.headers.get('X-Request-Id') ?? '', ...body,
      status: response.status });
  }

  /**
   * Make a Problem of whatever was thrown.
   * @param {unknown} error
   * @returns {Problem}
   */
  static from(error) {
    if (error instanceof Problem) return error;
    if (error instanceof TypeError || (error instanceof DOMException && error.name === 'AbortError'))
      return new Problem({});
    throw error;
  }
}

/**
 * Fetch, and throw a Problem for any refusal or when nobody answers within `seconds`.
 * @param {string} url
 * @param {RequestInit} [init]
 * @param {number} [seconds]
 * @returns {Promise<Response>}
 */
export async function request(url, init = {}, seconds = 15) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), seconds * 1000);
  let response;
  try {
    response = await fetch(url, { signal: limit.signal, ...init });
  } catch (error) {
    throw Problem.from(error);
  } finally {
    clearTimeout(timer);
  }
  if (!response.ok) throw await Problem.of(response);
  return response;
}

/**
 * One call of the API: `await api('POST', '/sessions', {name})`.
 * @param {string} method
 * @param {string} path  below /api/v1
 * @param {object} [body]
 * @returns {Promise<any>}  the answer's JSON, or null when it has none
 */
export async function api(method, path, body) {
  /** @type {RequestInit} */
  const init = { method, headers: { Accept: 'application/json' } };
  if (body !== undefined || method === 'POST') {
    init.headers = { ...init.headers, 'Content-Type': 'application/json' };
    init.body = JSON.stringify(body ?? {});
  }
  const response = await request(`/api/v1${path}`, init);
  const type = response.headers.get('Content-Type') ?? '';
  return type.includes('json') ? response.json() : null;
}
