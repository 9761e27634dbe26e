// Tells how guessable a password is while it is typed, or what is wrong with it (SEC-2), and shows it on demand.
// Without this the page tells what is wrong when the form is sent, and the password stays hidden.

import { rateWhileTyped } from "./rating.js";

const status = document.querySelector("[data-password-rating]");
const button = document.querySelector("[data-show-password]");
const input = document.querySelector("#id_password");
const userId = document.querySelector("#id_user_id");

rateWhileTyped({
  status,
  input,
  address: status?.dataset.passwordRating,
  texts: "[data-password-texts]",
  values: () => ({ password: input.value, user_id: userId ? userId.value : "" }),
});

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
