// @ts-check
// Makes a part of a page when it is first wanted.

/**
 * Returns what gives the part, made once; `made` is it, or null before. A failure is not kept: the
 * next call tries again.
 * @template T
 * @param {() => Promise<T>} make
 */
export function later(make) {
  /** @type {Promise<T> | null} */
  let asked = null;
  const part = Object.assign(() => {
    asked ??= make().then(
      (made) => {
        part.made = made;
        return made;
      },
      (error) => {
        asked = null;
        throw error;
      });
    return asked;
  }, { made: /** @type {T | null} */ (null) });
  return part;
}
