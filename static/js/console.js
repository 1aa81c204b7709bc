// The theme leaves parts of the console to the mouse, and to those who see it. Here keys reach them,
// and what is only drawn has a name; the words are data of this script's element.

const words = document.getElementById("console-script").dataset;
const ICON = ".material-symbols-outlined";
const NAMES = {
  close: words.close,
  dock_to_right: words.navigation,
  more_horiz: words.more,
  more_vert: words.more,
  search: words.search,
};
const KEYS = ["Enter", " "];
const CLICKED = "a[x-on\\:click]:not([href]), :is(div, span)[x-on\\:click]:not([id$=-close])";
const STOPS = "a[href], button, input, select, textarea, [tabindex='0']";

function stops(part) {
  return [...part.querySelectorAll(STOPS)].filter((each) => !each.disabled && each.checkVisibility());
}

function textOf(control) {
  const copy = control.cloneNode(true);
  copy.querySelectorAll(ICON).forEach((icon) => icon.remove());
  return copy.matches(ICON) ? "" : copy.textContent.trim();
}

// A part that another control shows: it is given the focus, and gives it back when it closes.
function follow(opener, part) {
  let isOpen = part.checkVisibility();
  opener.ariaExpanded = String(isOpen);
  new MutationObserver(() => {
    if (part.checkVisibility() === isOpen) return;
    isOpen = !isOpen;
    opener.ariaExpanded = String(isOpen);
    const isLost = part.contains(document.activeElement) || document.activeElement === document.body;
    if (isOpen) stops(part)[0]?.focus();
    else if (isLost) opener.focus();
  }).observe(part, { attributes: true, attributeFilter: ["style"] });
}

// While it covers the page the focus stays in it.
function keepFocus(part) {
  part.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || getComputedStyle(part).position !== "fixed") return;
    const all = stops(part);
    const last = event.shiftKey ? all[0] : all.at(-1);
    if (document.activeElement !== last) return;
    event.preventDefault();
    (event.shiftKey ? all.at(-1) : all[0]).focus();
  });
}

for (const control of document.querySelectorAll(CLICKED)) {
  control.role = "button";
  control.tabIndex = 0;
  control.addEventListener("keydown", (event) => {
    if (event.target !== control || !KEYS.includes(event.key)) return;
    event.preventDefault();
    control.click();
  });
}

for (const icon of document.querySelectorAll(ICON)) {
  const control = icon.closest("a, button, [role=button]");
  const name = NAMES[icon.textContent.trim()];
  if (control && name && !control.title && !textOf(control)) control.ariaLabel = name;
  if (icon !== control) icon.ariaHidden = "true";
  const sign = icon.parentElement;
  if (!control && sign.title) {
    sign.role = "img"; // a yes or no
    sign.ariaLabel = sign.title;
  }
}

for (const field of document.querySelectorAll("td[data-label] :is(input, select, textarea)")) {
  if (!field.labels?.length) field.ariaLabel ??= field.closest("td").dataset.label;
}
// Of a row that is a card: the theme begins every word with a capital.
for (const cell of document.querySelectorAll(".data-row > [data-label]")) {
  const label = cell.dataset.label.trim();
  cell.dataset.label = label.charAt(0).toUpperCase() + label.slice(1);
}

const search = document.getElementById("searchbar");
if (search) search.ariaLabel = search.placeholder;

const filters = document.getElementById("changelist-filter");
const showsFilters = document.querySelector("#changelist a[x-on\\:click^='filterOpen']");
if (filters && showsFilters) {
  filters.role = "dialog";
  filters.ariaLabel = textOf(showsFilters);
  follow(showsFilters, filters);
  keepFocus(filters);
}

const account = document.querySelector("[x-on\\:click^='openUserLinks']");
const links = document.querySelector("nav[x-show=openUserLinks]");
if (account && links) {
  follow(account, links);
  links.addEventListener("keydown", (event) => {
    if (event.key === "Escape") account.click();
  });
}
