/* What this person chose in a visit: microphone and camera on or off.

Kept for the next page of the same visit: a reload, or another tab, must not switch on what was
switched off. Only the last visit is kept, and nothing of it once it has ended. */

const KEY = "room";

export class Choice {
  #visit;
  #storage;
  isMuted = false;
  isCameraOff = false;

  constructor(visit, storage = ownStorage()) {
    this.#visit = visit;
    this.#storage = storage;
    Object.assign(this, this.#kept());
  }

  keep(change) {
    Object.assign(this, change);
    const { isMuted, isCameraOff } = this;
    this.#try((storage) =>
      storage.setItem(KEY, JSON.stringify({ visit: this.#visit, isMuted, isCameraOff })),
    );
  }

  forget() {
    this.#try((storage) => storage.removeItem(KEY));
  }

  #kept() {
    const text = this.#try((storage) => storage.getItem(KEY));
    const { visit, isMuted, isCameraOff } = this.#try(() => JSON.parse(text)) ?? {};
    return visit === this.#visit ? { isMuted, isCameraOff } : {};
  }

  /* A browser may refuse to keep anything; the visit goes on without. */
  #try(deed) {
    try {
      return deed(this.#storage);
    } catch {
      return null;
    }
  }
}

function ownStorage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
