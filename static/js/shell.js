/* On every page: tell the server which zone to show times in, and leave without a trace. */

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").some((cookie) => cookie.startsWith("zone="))) {
  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax`;
}

for (const link of document.querySelectorAll("[data-quick-exit]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    location.replace(link.href); // the page does not stay in the history
  });
}
