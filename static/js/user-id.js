// Tells how guessable a user ID is while it is typed (UID-5).

import { rateWhileTyped } from "./rating.js";

const status = document.querySelector("[data-guessability]");
const input = document.querySelector("#id_user_id");

rateWhileTyped({
  status,
  input,
  address: status?.dataset.guessability,
  texts: "[data-guessability-texts]",
  values: () => ({ user_id: input.value }),
});
