/* Takes the token of a letter's link from behind the # into the form, and out of the address: it
   stays in no history. */

const form = document.querySelector("[data-letter-link]");
const field = form.querySelector("[data-token]");

if (location.hash.length > 1) {
  form.elements.token.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
}
// What is there and not complained of need not be seen.
field.hidden = Boolean(form.elements.token.value) && !field.querySelector(".error");
