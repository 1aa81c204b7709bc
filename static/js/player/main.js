// The player. Its data is `apps.playback.pages.PlayerData`.

import { Captions } from "./captions.js";
import { clock, fill } from "./clock.js";
import { Controls } from "./controls.js";
import { Notices, showMessage } from "./notices.js";
import { mayBeSilent, obstacles, playableAlternative } from "./playability.js";
import { ProgressReporter } from "./progress.js";
import { SeekBar } from "./seekbar.js";
import { Timeline } from "./timeline.js";

const data = JSON.parse(document.getElementById("player-data").textContent);
const { texts } = data;
const video = document.getElementById("player-video");
const message = document.getElementById("player-message");
const spinner = document.getElementById("player-spinner");
const startButton = document.getElementById("player-start");

const notices = new Notices(document.getElementById("player-notice"));
const timeline = new Timeline(video, data.parts);
const captions = new Captions({
  video,
  timeline,
  menu: document.getElementById("player-subtitle-choices"),
  texts,
  notices,
});

function begin(position) {
  timeline.seek(position);
  // A browser may want a click before it plays with sound.
  video.play().catch(() => {
    startButton.hidden = !video.paused || !message.hidden;
  });
}

function refuse(reasons) {
  const other = playableAlternative(video, data.alternatives);
  const actions = [
    { label: texts.back_to_film, href: data.film_url, className: "button" },
    { label: texts.try_anyway, run: () => begin(data.start), className: "button quiet" },
  ];
  if (other) {
    const label = fill(texts.play_version, other);
    actions.unshift({ label, href: other.url, className: "button primary" });
  }
  video.pause();
  showMessage(message, {
    heading: texts.cannot_play,
    reasons,
    text: other ? "" : texts.cannot_convert,
    actions,
  });
}

function failed() {
  if (video.error?.code === MediaError.MEDIA_ERR_NETWORK) {
    showMessage(message, {
      heading: texts.network,
      actions: [
        { label: texts.try_again, run: retry, className: "button primary" },
        { label: texts.back_to_film, href: data.film_url, className: "button" },
      ],
    });
    return;
  }
  const { reasons } = timeline.part;
  refuse(reasons.length ? reasons : [texts.refused]);
}

function retry() {
  timeline.reload();
  video.play().catch(() => {});
}

function ended() {
  showMessage(message, {
    heading: texts.ended,
    actions: [
      { label: texts.back_to_film, href: data.film_url, className: "button primary" },
      { label: texts.play_again, run: () => begin(0), className: "button" },
    ],
  });
}

function keepProgress() {
  const reporter = new ProgressReporter(timeline, video, {
    url: data.progress_url,
    token: data.csrf_token,
  });
  timeline.addEventListener("ended", () => reporter.report());
  reporter.addEventListener("failing", () => notices.show(texts.not_saved, { seconds: 0 }));
  reporter.addEventListener("saved-again", () => notices.show(texts.saved_again));
  reporter.addEventListener("signed-out", () => {
    const action = { label: texts.sign_in, href: data.sign_in_url };
    notices.show(texts.signed_out, { action, seconds: 0 });
  });
}

function watchState() {
  const wait = (isWaiting) => () => {
    spinner.hidden = !isWaiting;
  };
  for (const name of ["waiting", "seeking", "loadstart"]) video.addEventListener(name, wait(true));
  for (const name of ["playing", "canplay", "seeked", "error"]) video.addEventListener(name, wait(false));
  video.addEventListener("playing", () => {
    startButton.hidden = true;
  });
  // A browser that does not know the codec of the picture plays the sound alone.
  timeline.addEventListener("opened", () => video.videoWidth || failed());
  timeline.addEventListener("failed", failed);
  timeline.addEventListener("ended", ended);
}

function announceStart() {
  if (data.start > 0) {
    const action = { label: texts.start_over, run: () => begin(0) };
    notices.show(fill(texts.resumed, { time: clock(data.start) }), { action, seconds: 10 });
  } else if (mayBeSilent(video, data.parts[0])) {
    notices.show(texts.no_sound, { seconds: 10 });
  }
}

video.controls = false;
document.getElementById("player").classList.add("is-ready");
new SeekBar(timeline, video, texts);
new Controls({ video, timeline, captions, texts });
watchState();
if (data.progress_url) keepProgress();

const reasons = obstacles(video, data.parts);
if (reasons.length) {
  video.removeAttribute("src");
  refuse(reasons);
} else {
  begin(data.start);
  announceStart();
}
