// @ts-check
// Why a camera or microphone cannot be had, in words that have texts.

/** @typedef {'denied' | 'none' | 'busy' | 'insecure' | 'webview' | 'failed'} CameraProblem */

/** Whether this is a browser inside another app, which often may not use the camera. */
export const inApp = /\bLine\/|FBAN|FBAV|FB_IAB|Instagram|MicroMessenger|KAKAOTALK|; wv\)/.test(
  navigator.userAgent);

/**
 * @param {unknown} error  what getUserMedia threw
 * @returns {CameraProblem}
 */
export function cameraProblem(error) {
  const name = error instanceof DOMException ? error.name : '';
  if (!isSecureContext || name === 'SecurityError') return 'insecure';
  if (name === 'NotAllowedError') return inApp ? 'webview' : 'denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'none';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  return inApp ? 'webview' : 'failed';
}
