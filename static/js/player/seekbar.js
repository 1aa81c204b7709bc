import { clock, fill } from "./clock.js";

/** The position slider with what is loaded and where chapters begin. */
export class SeekBar {
  #timeline;
  #bar = document.getElementById("player-seek");
  #slider = document.getElementById("player-position");
  #buffer = document.getElementById("player-buffer");
  #bubble = document.getElementById("player-bubble");
  #texts;
  #isDragged = false;

  constructor(timeline, video, texts) {
    this.#timeline = timeline;
    this.#texts = texts;
    timeline.addEventListener("time", () => this.#draw());
    timeline.addEventListener("part", () => this.#drawChapters());
    video.addEventListener("progress", () => this.#drawBuffer());
    timeline.addEventListener("opened", () => this.#drawChapters());
    this.#slider.addEventListener("input", () => this.#dragged());
    this.#slider.addEventListener("change", () => this.#released());
    this.#bar.addEventListener("pointermove", (event) => this.#hovered(event));
    this.#bar.addEventListener("pointerleave", () => {
      this.#bubble.hidden = true;
    });
  }

  #draw() {
    if (this.#isDragged) return;
    const { position, duration } = this.#timeline;
    this.#slider.max = Math.max(duration, 1);
    this.#slider.value = position;
    this.#drawPosition(position);
  }

  #drawPosition(position) {
    const { duration } = this.#timeline;
    const text = { time: clock(position), total: clock(duration) };
    this.#bar.style.setProperty("--played", duration ? position / duration : 0);
    this.#slider.setAttribute("aria-valuetext", fill(this.#texts.position, text));
    document.getElementById("player-now").textContent = text.time;
    document.getElementById("player-total").textContent = text.total;
  }

  #drawBuffer() {
    const { duration, buffered } = this.#timeline;
    this.#buffer.replaceChildren(
      ...buffered.map(([from, to]) => mark({ left: from / duration, width: (to - from) / duration })),
    );
  }

  #drawChapters() {
    const { duration, chapters } = this.#timeline;
    const inner = chapters.filter(({ start }) => start > 0 && start < duration);
    document
      .getElementById("player-chapters")
      .replaceChildren(...inner.map(({ start }) => mark({ left: start / duration })));
  }

  #dragged() {
    this.#isDragged = true;
    this.#drawPosition(Number(this.#slider.value));
  }

  #released() {
    this.#isDragged = false;
    this.#timeline.seek(Number(this.#slider.value));
  }

  #hovered(event) {
    const box = this.#bar.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const position = share * this.#timeline.duration;
    const chapter = this.#timeline.chapters.findLast(({ start }) => start <= position);
    this.#bubble.textContent = chapter ? `${clock(position)} · ${chapter.title}` : clock(position);
    this.#bubble.style.setProperty("--at", share);
    this.#bubble.hidden = false;
  }
}

function mark({ left, width }) {
  const element = document.createElement("i");
  element.style.left = `${left * 100}%`;
  if (width !== undefined) element.style.width = `${width * 100}%`;
  return element;
}
