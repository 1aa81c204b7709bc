// Parts of a page that keep up with the server: each has an id, and in `data-live` the categories of
// events after which it is drawn anew, from the page itself. While no events come, and every
// `data-live-every` seconds where that is said, they are drawn anew all the same.

const PAUSE = 1000; // milliseconds between two requests
const WITHOUT_EVENTS = 5000;
const REST = 3000;
const KINDS = [
  "content.changed",
  "library.scan.started",
  "library.scan.progress",
  "library.scan.completed",
  "library.scan.failed",
  "library.scan.cancelled",
  "system.job.waiting",
  "system.job.progress",
  "system.job.completed",
  "system.job.failed",
  "system.job.cancelled",
];

const parts = () => [...document.querySelectorAll("[data-live][id]")];
const categories = () => new Set(parts().flatMap((part) => part.dataset.live.split(" ")));
const outdated = new Set();
let source = null;
let isPaused = true;
let timer = 0;

function outdate(chosen) {
  for (const part of chosen) outdated.add(part.id);
  if (outdated.size && !timer) timer = setTimeout(renew, PAUSE);
}

async function renew() {
  try {
    if (!document.hidden) await draw();
  } catch {
    // The server is away for a moment; it is asked again.
  }
  timer = 0;
  if (!document.hidden) outdate([]);
}

async function draw() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  if (answer.redirected) location.reload(); // the session has ended
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts().filter(({ id }) => outdated.has(id))) {
    // Not while somebody is about to press one of its buttons.
    if (part.contains(document.activeElement)) continue;
    outdated.delete(part.id);
    replace(part, fresh.getElementById(part.id));
  }
  for (const id of outdated) if (!document.getElementById(id)) outdated.delete(id);
}

function replace(part, fresh) {
  if (!fresh || fresh.outerHTML === part.dataset.liveShown) return;
  const scrolled = [...part.querySelectorAll(".row-track[id]")].map((row) => [row.id, row.scrollLeft]);
  const shown = fresh.outerHTML;
  part.replaceWith(fresh);
  fresh.dataset.liveShown = shown;
  window.htmx?.process(fresh);
  for (const [id, left] of scrolled) {
    document.getElementById(id)?.scrollTo({ left, behavior: "instant" });
  }
}

function listen() {
  const address = `/api/v1/events?categories=${[...categories()].join(",")}`;
  source = new EventSource(address);
  source.addEventListener("open", () => {
    isPaused = false;
  });
  source.addEventListener("error", () => {
    isPaused = true;
    // An answer that is no stream, as while the server starts anew, ends a source for good.
    if (source?.readyState === EventSource.CLOSED) setTimeout(again, REST * (1 + Math.random()));
  });
  source.addEventListener("stream.paused", () => {
    isPaused = true;
  });
  source.addEventListener("stream.reset", () => {
    isPaused = false;
    outdate(parts());
  });
  for (const kind of KINDS) {
    const [category] = kind.split(".");
    source.addEventListener(kind, () => {
      isPaused = false;
      outdate(parts().filter((part) => part.dataset.live.split(" ").includes(category)));
    });
  }
}

function again() {
  if (source?.readyState === EventSource.CLOSED) listen();
}

function leave() {
  source?.close();
  source = null;
}

// A page that nobody sees listens to nothing: a browser has few connections for all of its tabs.
function follow() {
  if (document.hidden) {
    leave();
  } else if (!source) {
    listen();
    outdate(parts());
  }
}

if (parts().length) {
  listen();
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", follow); // a browser may keep the page for when somebody goes back
  setInterval(() => isPaused && outdate(parts()), WITHOUT_EVENTS);
  for (const part of parts().filter(({ dataset }) => dataset.liveEvery)) {
    setInterval(() => outdate(parts().filter(({ id }) => id === part.id)), 1000 * part.dataset.liveEvery);
  }
}
