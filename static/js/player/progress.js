const INTERVAL = 10_000;
const RETRY = 5_000;
const FAILURES_UNTIL_SHOWN = 3;

/**
 * Saves the position: every ten seconds of playing, at each pause and seek, and when the page is
 * left. Only the latest position is ever sent again.
 *
 * Events: `failing`, `saved-again`, `signed-out`.
 */
export class ProgressReporter extends EventTarget {
  #timeline;
  #url;
  #token;
  #failures = 0;
  #begun = false;
  #stopped = false;
  #busy = false;
  #again = false;
  #retry = 0;

  constructor(timeline, video, { url, token }) {
    super();
    this.#timeline = timeline;
    this.#url = url;
    this.#token = token;
    // A film that never played must not lose the position it had.
    video.addEventListener("playing", () => {
      this.#begun = true;
    });
    setInterval(() => video.paused || this.report(), INTERVAL);
    for (const event of ["pause", "seeked"]) video.addEventListener(event, () => this.report());
    document.addEventListener("visibilitychange", () => document.hidden && this.#leave());
    addEventListener("pagehide", () => this.#leave());
  }

  get #canReport() {
    return this.#begun && !this.#stopped && this.#timeline.duration >= 1;
  }

  async report() {
    if (!this.#canReport) return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    clearTimeout(this.#retry);
    await this.#send();
    this.#busy = false;
    if (this.#again) {
      this.#again = false;
      this.report();
    }
  }

  /** The page may be gone before an answer comes, and a request under way may be older. */
  #leave() {
    if (this.#canReport) this.#post().catch(() => {});
  }

  async #send() {
    try {
      const response = await this.#post();
      if (response.status === 401 || response.status === 403) {
        this.#stopped = true;
        this.#tell("signed-out");
      } else if (response.ok) {
        this.#succeeded();
      } else {
        this.#failed();
      }
    } catch {
      this.#failed();
    }
  }

  #post() {
    return fetch(this.#url, {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.#token },
      body: JSON.stringify({
        progress_seconds: this.#timeline.position,
        duration_seconds: this.#timeline.duration,
        reported_at: new Date().toISOString(),
      }),
    });
  }

  #succeeded() {
    if (this.#failures >= FAILURES_UNTIL_SHOWN) this.#tell("saved-again");
    this.#failures = 0;
  }

  #failed() {
    this.#failures += 1;
    if (this.#failures === FAILURES_UNTIL_SHOWN) this.#tell("failing");
    this.#retry = setTimeout(() => this.report(), RETRY);
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
