// `data-folders` names the field that a chosen folder goes into: a line of its own where the field
// has many. The list comes from the server; without this script its link opens a page of its own.

for (const picker of document.querySelectorAll("[data-folders]")) {
  const field = document.getElementById(picker.dataset.folders);
  const list = picker.querySelector(":scope > div");

  const show = async (address) => {
    const answer = await fetch(address, { headers: { "HX-Request": "true" } });
    if (answer.redirected) return location.reload(); // the session has ended
    if (![200, 400].includes(answer.status)) return; // the links are there to be tried again
    list.innerHTML = await answer.text();
    list.querySelectorAll("[data-folder]").forEach((button) => (button.hidden = false));
    list.querySelector("a, button")?.focus();
  };

  const take = (folder) => {
    const lines = field.value.split("\n").filter((line) => line.trim());
    const several = field instanceof HTMLTextAreaElement;
    field.value = several ? [...new Set([...lines, folder])].join("\n") : folder;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    picker.open = false;
    field.focus();
  };

  let begun = false;
  picker.addEventListener("toggle", () => {
    if (picker.open && !begun) show(list.querySelector("a").href);
    begun = true;
  });
  list.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const button = event.target.closest("[data-folder]");
    if (link) {
      event.preventDefault();
      show(link.href);
    } else if (button) {
      take(button.dataset.folder);
    }
  });
}
