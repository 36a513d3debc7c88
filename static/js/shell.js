/* On every page: tell the server which zone to show times in, and leave without a trace. */

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const knowsZone = () => document.cookie.split("; ").some((cookie) => cookie.startsWith("zone="));
if (zone && !knowsZone()) {
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  const shown = document.querySelector("[data-zone]")?.dataset.zone;
  if (shown && shown !== zone && knowsZone()) location.reload(); // the first page had to guess
}

for (const link of document.querySelectorAll("[data-quick-exit]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    document.dispatchEvent(new Event("quick-exit")); // nothing may ask whether to leave
    signOut(link.dataset.quickExit); // so that "back" finds the sign-in page
    location.replace(link.href); // the page does not stay in the history
  });
}

/* Asks and does not wait: whoever leaves in a hurry is gone before the answer. */
function signOut(address) {
  const token = /(?:^|; )(?:__Host-)?csrf=([^;]*)/.exec(document.cookie)?.[1];
  if (token) {
    const headers = { "X-CSRFToken": token };
    fetch(address, { method: "POST", headers, keepalive: true, redirect: "manual" }).catch(() => {});
  }
}

/* A second click while a form is on its way would send it twice. */
const ON_ITS_WAY = 5_000; // milliseconds; after that something went wrong, and one may try again

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return; // some script sends it
  const form = event.target;
  if ("sent" in form.dataset) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "";
  setTimeout(() => delete form.dataset.sent, ON_ITS_WAY);
});
