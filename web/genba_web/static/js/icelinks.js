// @ts-check
// The ICE servers that WHIP and WHEP name in Link headers (RFC 9725, section 4.6).

const LINK = /<([^<>]*)>((?:\s*;\s*[\w-]+="[^"]*")*)/g;
const WORD = /;\s*([\w-]+)="([^"]*)"/g;

/**
 * @param {string} header  every Link header of an answer, as fetch joins them
 * @returns {import('./rtclink.js').IceServer[]}
 */
export function iceLinks(header) {
  const found = [];
  for (const [, urls = '', words = ''] of header.matchAll(LINK)) {
    const { rel, username = '', credential = '' } = Object.fromEntries(
      [...words.matchAll(WORD)].map(([, name = '', value = '']) => [name, value]));
    if (rel === 'ice-server') found.push({ urls, username, credential });
  }
  return found;
}
