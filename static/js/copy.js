// `data-copy` names the field that a button copies. The browser has a clipboard for pages under TLS
// and on this machine only: elsewhere the field is selected, and the person copies.

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    if (!navigator.clipboard) return;
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.copied;
  });
}
