// @ts-check

/**
 * Play a media element; false when the browser wants a tap first. That something else was put
 * into it, or that it was stopped, meanwhile is no fault: whoever did that goes on from there.
 * @param {HTMLMediaElement} media
 * @returns {Promise<boolean>}
 */
export async function play(media) {
  try {
    await media.play();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return error.name !== 'NotAllowedError';
  }
  return true;
}
