/** A short line over the picture, with at most one thing to do. */
export class Notices {
  #place;
  #timer = 0;

  constructor(place) {
    this.#place = place;
  }

  show(text, { action = null, seconds = 6 } = {}) {
    clearTimeout(this.#timer);
    const line = document.createElement("div");
    line.append(Object.assign(document.createElement("span"), { textContent: text }));
    if (action) line.append(actionElement(action, () => this.clear()));
    this.#place.replaceChildren(line);
    if (seconds) this.#timer = setTimeout(() => this.clear(), seconds * 1000);
  }

  clear() {
    this.#place.replaceChildren();
  }
}

/** A link for `{ label, href }`, a button for `{ label, run }`. */
export function actionElement({ label, href, run, className = "" }, done = () => {}) {
  const element = document.createElement(href ? "a" : "button");
  element.textContent = label;
  element.className = className;
  if (href) {
    element.href = href;
  } else {
    element.type = "button";
    element.addEventListener("click", () => {
      done();
      run();
    });
  }
  return element;
}

/** What covers the picture when it cannot be played, or has ended. */
export function showMessage(place, { heading, reasons = [], text = "", actions }) {
  const title = Object.assign(document.createElement("h2"), { textContent: heading });
  const list = document.createElement("ul");
  list.append(
    ...reasons.map((reason) => Object.assign(document.createElement("li"), { textContent: reason })),
  );
  const paragraph = Object.assign(document.createElement("p"), { textContent: text });
  const buttons = Object.assign(document.createElement("div"), { className: "buttons" });
  const hide = () => {
    place.hidden = true;
  };
  buttons.append(...actions.map((action) => actionElement(action, hide)));
  place.replaceChildren(title, ...(reasons.length ? [list] : []), ...(text ? [paragraph] : []), buttons);
  place.hidden = false;
  buttons.firstElementChild?.focus();
}
