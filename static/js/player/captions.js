import { fill } from "./clock.js";

const REMEMBERED = "revenge.subtitles";
const RAISED_LINE = -5;

/** Subtitles of the open file, and the menu to choose one. The choice outlives the page. */
export class Captions {
  #video;
  #timeline;
  #menu;
  #texts;
  #notices;
  #tracks = [];
  #chosen;
  #isRaised = false;

  constructor({ video, timeline, menu, texts, notices }) {
    this.#video = video;
    this.#timeline = timeline;
    this.#menu = menu;
    this.#texts = texts;
    this.#notices = notices;
    this.#chosen = localStorage.getItem(REMEMBERED);
    timeline.addEventListener("part", () => this.#load());
    menu.addEventListener("change", (event) => this.#choose(event.target.value));
    // Browsers switch tracks on by themselves; in Apple's full screen it is the person who does.
    timeline.addEventListener("opened", () => this.#show());
    video.textTracks.addEventListener("change", () => {
      if (!video.webkitDisplayingFullscreen) this.#show();
    });
  }

  /** Lift the lines above the controls, or let them down again. */
  raise(isRaised) {
    this.#isRaised = isRaised;
    this.#tracks.forEach(({ track }) => this.#place(track));
  }

  #place(track) {
    const [from, to] = this.#isRaised ? ["auto", RAISED_LINE] : [RAISED_LINE, "auto"];
    // A cue that has a place of its own keeps it.
    for (const cue of track.cues ?? []) if (cue.line === from) cue.line = to;
    if (track.mode !== "showing") return;
    // Chromium draws a line that is on screen anew only when its track comes back.
    track.mode = "hidden";
    track.mode = "showing";
  }

  /** Off, then each subtitle in turn. */
  next() {
    const names = ["", ...this.#timeline.part.subtitles.map(name)];
    const chosen = names[(names.indexOf(this.#current()) + 1) % names.length];
    this.#choose(chosen);
    const subtitle = this.#timeline.part.subtitles.find((item) => name(item) === chosen);
    const { subtitles_on: on, subtitles_off: off } = this.#texts;
    this.#notices.show(subtitle ? fill(on, subtitle) : off, { seconds: 2 });
  }

  #current() {
    const { subtitles } = this.#timeline.part;
    if (this.#chosen === null) {
      const standard = subtitles.find((subtitle) => subtitle.default);
      return standard ? name(standard) : "";
    }
    return subtitles.some((subtitle) => name(subtitle) === this.#chosen) ? this.#chosen : "";
  }

  #choose(chosen) {
    this.#chosen = chosen;
    localStorage.setItem(REMEMBERED, chosen);
    this.#show();
  }

  #load() {
    this.#video.querySelectorAll("track").forEach((track) => track.remove());
    this.#tracks = this.#timeline.part.subtitles.map((subtitle) => {
      const track = document.createElement("track");
      Object.assign(track, {
        kind: "subtitles",
        label: subtitle.label,
        srclang: subtitle.language || "und",
        src: subtitle.src,
      });
      track.addEventListener("load", () => this.#place(track.track));
      this.#video.append(track);
      return track;
    });
    this.#menu.replaceChildren(
      choice("subtitle", "", this.#texts.off),
      ...this.#timeline.part.subtitles.map((item) => choice("subtitle", name(item), item.label)),
    );
    this.#show();
  }

  #show() {
    const current = this.#current();
    this.#timeline.part.subtitles.forEach((subtitle, index) => {
      const mode = name(subtitle) === current ? "showing" : "disabled";
      if (this.#tracks[index].track.mode !== mode) this.#tracks[index].track.mode = mode;
    });
    for (const input of this.#menu.querySelectorAll("input")) input.checked = input.value === current;
  }
}

/** The same for the same subtitle of another part or another film. */
function name({ language, forced, sdh, label }) {
  return [language || label, forced ? "forced" : "", sdh ? "sdh" : ""].join("|");
}

/** A labelled radio button. */
export function choice(group, value, text) {
  const label = document.createElement("label");
  const input = Object.assign(document.createElement("input"), { type: "radio", name: group, value });
  label.append(input, text);
  return label;
}
