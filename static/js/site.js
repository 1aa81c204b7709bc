// What every page needs: the search field, toasts, and the small manners of htmx.

document.documentElement.classList.add("js");

function setUpSearch(form) {
  const input = form.querySelector("input[type=search]");
  const list = form.querySelector("[role=listbox]");
  const options = () => [...list.querySelectorAll("[role=option]")];
  let active = -1;

  function show(open) {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    choose(-1);
  }

  function choose(index) {
    active = index;
    options().forEach((option, i) => option.setAttribute("aria-selected", String(i === index)));
    const option = options()[index];
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  function move(step) {
    const count = options().length;
    if (list.hidden && count) show(true);
    // One place more than there are options: the field itself.
    if (count) choose(((active + 1 + step + count + 1) % (count + 1)) - 1);
  }

  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      options()[active].click();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (list.hidden) input.value = "";
      show(false);
    }
  });
  // An answer may come after a film was chosen from the one before: the choice stays with the film.
  let chosen = null;
  list.addEventListener("htmx:beforeSwap", () => {
    chosen = options()[active]?.href ?? null;
  });
  list.addEventListener("htmx:afterSwap", () => {
    show(document.activeElement === input && list.childElementCount > 0);
    choose(options().findIndex((option) => option.href === chosen));
  });
  input.addEventListener("focus", () => show(options().length > 0 && input.value !== ""));
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) show(false);
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
}

function setUpToasts() {
  for (const toast of document.querySelectorAll("[data-toast]")) {
    toast.querySelector("[data-toast-close]").addEventListener("click", () => toast.remove());
    if (!toast.classList.contains("error")) setTimeout(() => toast.remove(), 8000);
  }
}

// Empty fields stay out of the address.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.target.closest("[data-tidy-address]")) return;
  for (const [name, value] of [...event.detail.formData.entries()]) {
    if (value === "") event.detail.formData.delete(name);
  }
});

// A whole page in answer to a part: the session has ended, and this is the sign-in page.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!/^\s*<!doctype/i.test(event.detail.serverResponse)) return;
  event.detail.shouldSwap = false;
  location.reload();
});

// A row that is drawn anew stays where it was scrolled to.
const scrolled = new Map();
document.addEventListener("htmx:beforeSwap", () => {
  for (const track of document.querySelectorAll(".row-track[id]")) {
    scrolled.set(track.id, track.scrollLeft);
  }
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [id, left] of scrolled) document.getElementById(id)?.scrollTo({ left, behavior: "instant" });
});

document.querySelectorAll("[data-search]").forEach(setUpSearch);
setUpToasts();

// On a phone the pages of the account are a row that scrolls: the present one is in sight.
const present = document.querySelector(".account-nav [aria-current]");
const row = present?.closest("ul");
if (row) row.scrollLeft = present.offsetLeft - (row.clientWidth - present.offsetWidth) / 2;
