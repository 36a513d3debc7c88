/* Ask the browser for a passkey, and send what it answers with the form. */

/** Bytes travel as base64url. */
function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const known = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

/** A new passkey always checks the person, so that it can stand alone when signing in. */
function creation({ publicKey }) {
  return {
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      user: { ...publicKey.user, id: bytes(publicKey.user.id) },
      excludeCredentials: known(publicKey.excludeCredentials),
      authenticatorSelection: {
        ...publicKey.authenticatorSelection,
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
    },
  };
}

function request({ publicKey }) {
  return {
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      allowCredentials: known(publicKey.allowCredentials),
      userVerification: "required",
    },
  };
}

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

function answer(credential) {
  const response = {};
  for (const part of PARTS) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    type: credential.type,
    id: credential.id,
    rawId: text(credential.rawId),
    authenticatorAttachment: credential.authenticatorAttachment,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

class PasskeyForm extends HTMLElement {
  connectedCallback() {
    if (window.PublicKeyCredential) this.addEventListener("submit", (event) => this.#ask(event));
    else this.#refuse();
  }

  get #form() {
    return this.querySelector("form");
  }

  async #ask(event) {
    if (this.#form.elements.credential.value) return; // asked already, and now on its way
    event.preventDefault();
    this.#say("");
    try {
      const credential = await this.#credential(await this.#options());
      this.#form.elements.credential.value = JSON.stringify(answer(credential));
    } catch {
      this.#say(this.dataset.failed);
      return;
    }
    this.#form.requestSubmit();
  }

  #credential(options) {
    if (this.dataset.deed === "create") return navigator.credentials.create(creation(options));
    return navigator.credentials.get(request(options));
  }

  /** On the page where it knows who signs in; else fetched, when the button is pressed. */
  async #options() {
    const onPage = document.getElementById(this.dataset.options);
    if (onPage) return JSON.parse(onPage.textContent);
    const response = await fetch(this.#form.action, { headers: { Accept: "application/json" } });
    return (await response.json()).request_options;
  }

  #refuse() {
    this.querySelector("button").disabled = true;
    this.#say(this.dataset.none);
  }

  #say(words) {
    this.querySelector("[role=status]").textContent = words;
  }
}

customElements.define("passkey-form", PasskeyForm);
