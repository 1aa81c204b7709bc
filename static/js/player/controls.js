import { choice } from "./captions.js";

const STEP = 10;
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const IDLE_AFTER = 3000;

const byId = (id) => document.getElementById(`player-${id}`);

/** Buttons, keys, and the hiding of both while the film plays. */
export class Controls {
  #player = document.getElementById("player");
  #video;
  #timeline;
  #captions;
  #texts;
  #idle = 0;
  #isIdle = true;

  constructor({ video, timeline, captions, texts }) {
    this.#video = video;
    this.#timeline = timeline;
    this.#captions = captions;
    this.#texts = texts;
    this.#wireButtons();
    this.#wireSpeed();
    this.#wirePointer();
    document.addEventListener("keydown", (event) => this.#key(event));
    byId("controls").hidden = false;
  }

  togglePlay() {
    if (this.#video.paused) this.#video.play().catch(() => {});
    else this.#video.pause();
  }

  #wireButtons() {
    const video = this.#video;
    byId("play").addEventListener("click", () => this.togglePlay());
    byId("start").addEventListener("click", () => this.togglePlay());
    byId("rewind").addEventListener("click", () => this.#skip(-STEP));
    byId("forward").addEventListener("click", () => this.#skip(STEP));
    byId("mute").addEventListener("click", () => this.#toggleMute());
    byId("fullscreen").addEventListener("click", () => this.#toggleFullscreen());
    byId("volume").addEventListener("input", (event) => this.#setVolume(Number(event.target.value)));
    for (const name of ["play", "pause", "ended", "volumechange"]) {
      video.addEventListener(name, () => this.#drawState());
    }
    document.addEventListener("fullscreenchange", () => this.#drawState());
    byId("pip").hidden = !document.pictureInPictureEnabled;
    byId("pip").addEventListener("click", () => this.#togglePictureInPicture());
    this.#drawState();
    this.#wake();
  }

  #wireSpeed() {
    const menu = byId("speed-choices");
    menu.append(...SPEEDS.map((speed) => choice("speed", speed, `${speed} ×`)));
    menu.querySelector('[value="1"]').checked = true;
    menu.addEventListener("change", (event) => {
      this.#video.playbackRate = Number(event.target.value);
      this.#video.defaultPlaybackRate = this.#video.playbackRate;
    });
  }

  #wirePointer() {
    for (const name of ["pointermove", "pointerdown", "keydown", "focusin"]) {
      this.#player.addEventListener(name, () => this.#wake());
    }
    this.#video.addEventListener("play", () => this.#wake());
    this.#video.addEventListener("pause", () => this.#wake());
    // A finger's first touch shows the controls; a click of the mouse plays and pauses.
    let wasIdle = false;
    this.#player.addEventListener("pointerdown", () => (wasIdle = this.#isIdle), { capture: true });
    this.#video.addEventListener("click", (event) => {
      if (event.pointerType === "touch" && !wasIdle) this.#setIdle(true);
      if (event.pointerType !== "touch") this.togglePlay();
    });
    this.#video.addEventListener("dblclick", () => this.#toggleFullscreen());
  }

  #wake() {
    clearTimeout(this.#idle);
    this.#setIdle(false);
    this.#idle = setTimeout(() => {
      const isMenuOpen = this.#player.querySelector(":popover-open");
      if (!this.#video.paused && !isMenuOpen) this.#setIdle(true);
    }, IDLE_AFTER);
  }

  #setIdle(isIdle) {
    if (this.#player.classList.toggle("is-idle", isIdle) === this.#isIdle) return;
    this.#isIdle = isIdle;
    this.#captions.raise(!isIdle);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // A message over the picture has buttons of its own.
    if (!byId("message").hidden && event.key !== "Escape") return;
    const action = this.#keyAction(event);
    if (!action) return;
    event.preventDefault();
    action();
  }

  #keyAction({ key, target }) {
    const isButton = target.closest("button, a, .player-menu");
    const isVolume = target.id === "player-volume";
    if (key === " " && isButton) return null;
    if (key.startsWith("Arrow") && (isVolume || target.closest(".player-menu"))) return null;
    if (key >= "0" && key <= "9" && key.length === 1) {
      return () => this.#timeline.seek((this.#timeline.duration * Number(key)) / 10);
    }
    const actions = {
      " ": () => this.togglePlay(),
      k: () => this.togglePlay(),
      j: () => this.#skip(-STEP),
      l: () => this.#skip(STEP),
      ArrowLeft: () => this.#skip(-STEP),
      ArrowRight: () => this.#skip(STEP),
      ArrowUp: () => this.#setVolume(this.#video.volume + 0.1),
      ArrowDown: () => this.#setVolume(this.#video.volume - 0.1),
      m: () => this.#toggleMute(),
      f: () => this.#toggleFullscreen(),
      c: () => this.#captions.next(),
      Escape: this.#leaveAction(),
    };
    return actions[key] ?? actions[key.toLowerCase()];
  }

  /** Esc closes a menu or leaves full screen by the browser's own hand; only then the page. */
  #leaveAction() {
    const isBusy = document.fullscreenElement || this.#player.querySelector(":popover-open");
    return isBusy ? null : () => byId("back").click();
  }

  #skip(seconds) {
    this.#timeline.seek(this.#timeline.position + seconds);
  }

  #setVolume(volume) {
    this.#video.volume = Math.min(1, Math.max(0, volume));
    this.#video.muted = this.#video.volume === 0;
  }

  #toggleMute() {
    this.#video.muted = !this.#video.muted;
  }

  #toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.#player.requestFullscreen) this.#player.requestFullscreen();
    // A phone of Apple's shows only the video itself in full screen.
    else this.#video.webkitEnterFullscreen?.();
  }

  #togglePictureInPicture() {
    if (document.pictureInPictureElement) document.exitPictureInPicture();
    else this.#video.requestPictureInPicture().catch(() => {});
  }

  #drawState() {
    const { paused, muted, volume } = this.#video;
    const texts = this.#texts;
    press("play", !paused, paused ? texts.play : texts.pause);
    press("mute", muted, muted ? texts.unmute : texts.mute);
    const isFull = Boolean(document.fullscreenElement);
    press("fullscreen", isFull, isFull ? texts.exit_fullscreen : texts.enter_fullscreen);
    byId("volume").value = muted ? 0 : volume;
  }
}

function press(id, isPressed, label) {
  byId(id).setAttribute("aria-pressed", String(isPressed));
  byId(id).querySelector("span").textContent = label;
}
