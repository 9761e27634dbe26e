// The page that waits for the app: asks every two seconds, and presses "Go on" when there is an answer.
// Without this the visitor presses it.

import { leaveNote } from "../app/pressed.js";

const EVERY_MS = 2000;

const form = document.querySelector("form[data-progress]");
const status = form.querySelector("[role=status]");

// The button that opens the app on this device, pressed with a finger, a key, or a mouse's middle button for a new tab.
const button = document.querySelector("a[data-request]");
["click", "auxclick"].forEach((press) => button.addEventListener(press, () => leaveNote(button.dataset.request)));

function say(text) {
  if (status.textContent !== text) {
    status.textContent = text;
  }
}

async function progress() {
  const response = await fetch(form.dataset.progress, {
    headers: { Accept: "application/json" },
    cache: "no-store",
    redirect: "error",
  });
  if (!response.ok) {
    throw new Error(`The server answered ${response.status}.`);
  }
  return (await response.json()).state;
}

async function ask() {
  let state;
  try {
    state = await progress();
  } catch {
    say(form.dataset.unreachable);
    window.setTimeout(ask, EVERY_MS);
    return;
  }
  if (state === "waiting") {
    say(form.dataset.waiting);
    window.setTimeout(ask, EVERY_MS);
    return;
  }
  say(state === "confirmed" ? form.dataset.confirmed : form.dataset.ended);
  form.requestSubmit();
}

window.setTimeout(ask, EVERY_MS);
