/**
 * A film whose parts play as one. Positions are seconds from the film's beginning, whatever part
 * they lie in.
 *
 * Events: `part` (another file was chosen), `opened` (its length is known), `time`, `ended`,
 * `failed`.
 */
export class Timeline extends EventTarget {
  #video;
  #parts;
  #durations;
  #index = -1;
  #pending = null;

  constructor(video, parts) {
    super();
    this.#video = video;
    this.#parts = parts;
    this.#durations = parts.map((part) => part.duration);
    // What the page itself began to load, for browsers without scripts, is not of the film yet.
    const follow = (name, act) => video.addEventListener(name, () => this.part && act());
    follow("loadedmetadata", () => this.#opened());
    follow("timeupdate", () => this.#tell("time"));
    follow("ended", () => this.#partEnded());
    follow("error", () => this.#tell("failed"));
  }

  get part() {
    return this.#parts[this.#index];
  }

  get duration() {
    return this.#durations.reduce((sum, seconds) => sum + seconds, 0);
  }

  get position() {
    // Until a file is open, the position is where it will start.
    return this.#offset(this.#index) + (this.#pending ?? this.#video.currentTime);
  }

  /** Where the chapters of all parts begin. */
  get chapters() {
    return this.#parts.flatMap((part, index) =>
      part.chapters.map(({ start, title }) => ({ start: this.#offset(index) + start, title })),
    );
  }

  /** Spans `[from, to]` that are loaded. */
  get buffered() {
    const { buffered } = this.#video;
    const offset = this.#offset(this.#index);
    return Array.from({ length: buffered.length }, (_, i) => [
      offset + buffered.start(i),
      offset + buffered.end(i),
    ]);
  }

  seek(position) {
    const last = this.duration > 0 ? Math.max(0, this.duration - 0.25) : Infinity;
    const wanted = Math.min(Math.max(0, position), last);
    let index = 0;
    while (index < this.#parts.length - 1 && wanted >= this.#offset(index + 1)) index += 1;
    const within = wanted - this.#offset(index);
    if (index !== this.#index) {
      this.#open(index, within);
    } else if (this.#pending !== null) {
      this.#pending = within;
    } else {
      this.#video.currentTime = within;
    }
    this.#tell("time");
  }

  /** Load the current file again, after the network failed. */
  reload() {
    this.#open(this.#index, this.position - this.#offset(this.#index));
  }

  #offset(index) {
    return this.#durations.slice(0, Math.max(0, index)).reduce((sum, seconds) => sum + seconds, 0);
  }

  #open(index, within) {
    const goesOn = this.#index >= 0 && !this.#video.paused;
    this.#index = index;
    this.#pending = within;
    this.#video.src = this.part.src;
    this.#tell("part");
    if (goesOn) this.#video.play().catch(() => {});
  }

  #opened() {
    // What the browser measures is truer than what the server was told.
    if (Number.isFinite(this.#video.duration)) this.#durations[this.#index] = this.#video.duration;
    if (this.#pending) this.#video.currentTime = this.#pending;
    this.#pending = null;
    this.#tell("opened");
    this.#tell("time");
  }

  #partEnded() {
    if (this.#index === this.#parts.length - 1) {
      this.#tell("ended");
      return;
    }
    this.#open(this.#index + 1, 0);
    this.#video.play().catch(() => {});
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}
