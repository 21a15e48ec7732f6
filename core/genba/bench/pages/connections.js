// Watches the connections of a page that knows nothing of it; runs before the page's own scripts.

const EVERY = 100; // milliseconds

globalThis.benchConnections = new class {
  #all = [];
  #tap = 0;
  #connected = null;
  #samples = [];

  /** @param {RTCPeerConnection} pc */
  add(pc) {
    this.#all.push(pc);
    pc.addEventListener('connectionstatechange', () => {
      if (pc.connectionState === 'connected' && pc.getSenders().some(({ track }) => track))
        this.#connected ??= this.#now();
    });
  }

  /** Begin to count at the next tap. */
  watch() {
    addEventListener('click', () => {
      this.#tap = performance.now();
      setInterval(() => this.#look(), EVERY);
    }, { capture: true, once: true });
  }

  seen() {
    return { connected: this.#connected, samples: this.#samples };
  }

  #now() {
    return (performance.now() - this.#tap) / 1000;
  }

  async #look() {
    for (const pc of this.#all)
      for (const one of (await pc.getStats()).values())
        if (one.type === 'outbound-rtp' && one.kind === 'video' && one.framesEncoded)
          this.#samples.push([this.#now(), Math.min(one.frameWidth ?? 0, one.frameHeight ?? 0),
            one.framesSent, one.bytesSent]);
  }
}();

globalThis.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...words) {
    super(...words);
    globalThis.benchConnections.add(this);
  }
};
