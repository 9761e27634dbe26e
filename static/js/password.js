// Tells how guessable a password is while it is typed, or what is wrong with it (SEC-2), and shows it on demand.
// Without this the page tells what is wrong when the form is sent, and the password stays hidden.

const status = document.querySelector("[data-password-rating]");
const button = document.querySelector("[data-show-password]");
const input = document.querySelector("#id_password");
const userId = document.querySelector("#id_user_id");
const token = document.querySelector("input[name=csrfmiddlewaretoken]");
const PAUSE_MILLISECONDS = 400;

function textFor(score) {
  const item = document.querySelector(`[data-password-texts] [data-score="${Number(score)}"]`);
  return item ? item.textContent : "";
}

async function rate(typed) {
  const response = await fetch(status.dataset.passwordRating, {
    method: "POST",
    headers: { "X-CSRFToken": token.value },
    body: new URLSearchParams({ password: typed, user_id: userId ? userId.value : "" }),
    redirect: "error",
  });
  if (!response.ok) {
    return "";
  }
  const { score, refusal } = await response.json();
  return refusal || textFor(score);
}

if (status && input && token) {
  let waiting;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    const typed = input.value;
    if (!typed) {
      status.textContent = "";
      return;
    }
    waiting = setTimeout(async () => {
      // An answer that is late or lost leaves the line as it is: nobody needs it to go on.
      const text = await rate(typed).catch(() => null);
      if (text !== null && input.value === typed) {
        status.textContent = text;
      }
    }, PAUSE_MILLISECONDS);
  });
}

if (button && input) {
  const fields = [...input.form.querySelectorAll("input[type=password]")];
  const show = (isShown) => {
    for (const field of fields) {
      field.type = isShown ? "text" : "password";
    }
    button.textContent = isShown ? button.dataset.hideText : button.dataset.showText;
  };
  for (const field of fields) {
    field.autocapitalize = "none";
    field.spellcheck = false;
  }
  button.hidden = false;
  button.addEventListener("click", () => show(input.type === "password"));
  // A browser remembers what stood in a text field; what is sent is a password again.
  input.form.addEventListener("submit", () => show(false));
}
