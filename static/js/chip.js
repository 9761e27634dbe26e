// Asks the chip (WebAuthn) with what the page carries, and sends its answer as JSON in the form's hidden field.
// A form with data-chip="get" logs in, one with data-chip="create" registers a chip.

const form = document.querySelector("form[data-chip]");
const button = form.querySelector("button[type=submit]");
const field = form.querySelector("input[name=response]");
const status = form.querySelector("[role=status]");

function bytes(text) {
  const padded = text.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(text.length / 4) * 4, "=");
  return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

const named = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

async function answer() {
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  if (form.dataset.chip === "create") {
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = named(options.excludeCredentials);
    const made = await navigator.credentials.create({ publicKey: options });
    return {
      ...common(made),
      response: {
        clientDataJSON: text(made.response.clientDataJSON),
        attestationObject: text(made.response.attestationObject),
        transports: made.response.getTransports?.() ?? [],
      },
    };
  }
  options.allowCredentials = named(options.allowCredentials);
  const shown = await navigator.credentials.get({ publicKey: options });
  return {
    ...common(shown),
    response: {
      clientDataJSON: text(shown.response.clientDataJSON),
      authenticatorData: text(shown.response.authenticatorData),
      signature: text(shown.response.signature),
      userHandle: shown.response.userHandle ? text(shown.response.userHandle) : null,
    },
  };
}

function common(credential) {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

field.value = ""; // an answer that was refused is not sent again

if (window.PublicKeyCredential === undefined) {
  status.textContent = form.dataset.unsupported;
} else {
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (field.value) {
      return;
    }
    event.preventDefault();
    status.textContent = form.dataset.waiting;
    button.disabled = true;
    try {
      field.value = JSON.stringify(await answer());
    } catch (fault) {
      if (!(fault instanceof DOMException)) {
        throw fault;
      }
      status.textContent = form.dataset.failed;
      return;
    } finally {
      button.disabled = false;
      delete form.dataset.sent;
    }
    form.requestSubmit();
  });
}
