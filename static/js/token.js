// The console and mails write the address of a page with a token behind the #, where no server and
// no log sees it. It moves into the form, and out of the address.

const field = document.querySelector("input[name=token]");

function takeToken() {
  const token = location.hash.slice(1);
  if (!token) return;
  field.value = token;
  history.replaceState(null, "", location.pathname);
  document.querySelector("form .field input:not([name=token])")?.focus();
}

addEventListener("hashchange", takeToken);
takeToken();
