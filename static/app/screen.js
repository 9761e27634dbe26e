// One screen at a time. Its words stand in a <template> of the page, translated there; scripts put values into it as
// text, never as markup.

import { Problem } from "./api.js";
import { noteScreen } from "./back.js";

const place = document.querySelector("#screen");
const offlineNote = document.querySelector("#offline");
let leave = [];

// Show a screen with its texts filled in, and give its parts by their data-part names.
export function show(name, texts = {}) {
  leave.forEach((end) => end());
  leave = [];
  const screen = document.querySelector(`#screen-${name}`).content.cloneNode(true);
  const parts = {};
  screen.querySelectorAll("[data-part]").forEach((element) => {
    parts[element.dataset.part] = element;
    if (element.dataset.part in texts) {
      element.textContent = texts[element.dataset.part];
    }
  });
  place.replaceChildren(screen);
  place.dataset.name = name;
  const heading = place.querySelector("h1");
  document.title = `${heading.textContent} – ${document.body.dataset.brand}`;
  heading.tabIndex = -1;
  heading.focus();
  scrollTo(0, 0);
  noteScreen();
  return parts;
}

// What ends when the screen is left: a camera, a timer.
export function onLeave(end) {
  leave.push(end);
}

export function words(name, values = {}) {
  const text = document.querySelector("#texts").content.querySelector(`[data-text="${name}"]`)?.textContent ?? "";
  return Object.entries(values).reduce((said, [key, value]) => said.replace(`{${key}}`, value), text);
}

// As the pages of the portal write it: the day first, in both languages.
const LOCALES = { da: "da-DK", en: "en-GB" };

export function timeOf(value) {
  return new Intl.DateTimeFormat(LOCALES[document.documentElement.lang], {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: "Europe/Copenhagen",
  }).format(new Date(value));
}

export function minutesAndSeconds(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

// Count down to an instant. How far the phone's clock is off does not matter: `lasts` is measured from now.
export function countDown(element, lastsMilliseconds, atEnd) {
  const end = performance.now() + lastsMilliseconds;
  const tick = () => {
    const left = end - performance.now();
    element.textContent = minutesAndSeconds(left);
    if (left <= 0) {
      clearInterval(timer);
      atEnd();
    }
  };
  const timer = setInterval(tick, 1000);
  onLeave(() => clearInterval(timer));
  tick();
}

function sayOf(problem) {
  if (!(problem instanceof Problem)) {
    return words("fault");
  }
  const said = problem.code === "offline" ? words("offline") : problem.detail || words("fault");
  return problem.pausedUntil ? `${said} ${words("paused_until", { time: timeOf(problem.pausedUntil) })}` : said;
}

// Put a problem where a screen reader says it at once, and each field's own words beside the field.
export function tell(parts, problem) {
  if (problem.code === "offline") {
    offlineNote.hidden = false;
  }
  const texts = Object.values(problem.invalid ?? {}).flat();
  parts.problem.querySelector("[data-say]").textContent = [sayOf(problem), ...texts].join(" ");
  parts.problem.hidden = false;
  parts.problem.focus();
}

export function hush(parts) {
  parts.problem.hidden = true;
}

// A form whose button works once at a time. What `act` throws is told; PINs are emptied whatever happens.
export function onSubmit(parts, act) {
  parts.form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? parts.form.querySelector("button[type=submit]");
    if (parts.form.ariaBusy === "true") {
      return;
    }
    hush(parts);
    parts.form.ariaBusy = "true";
    button.disabled = true;
    try {
      await act(new FormData(parts.form), button);
    } catch (problem) {
      tell(parts, problem);
      if (!(problem instanceof Problem)) {
        throw problem;
      }
    } finally {
      parts.form.querySelectorAll("[data-secret]").forEach((input) => {
        input.value = "";
      });
      parts.form.ariaBusy = "false";
      button.disabled = false;
    }
  });
}

export function onClick(element, act, parts) {
  element.addEventListener("click", async () => {
    element.disabled = true;
    try {
      await act();
    } catch (problem) {
      tell(parts, problem);
      if (!(problem instanceof Problem)) {
        throw problem;
      }
    } finally {
      element.disabled = false;
    }
  });
}

// A row of a list, out of the <template> inside the list.
export function addRow(list, values) {
  const row = list.querySelector("template").content.cloneNode(true);
  const parts = {};
  row.querySelectorAll("[data-cell]").forEach((cell) => {
    parts[cell.dataset.cell] = cell;
    if (cell.dataset.cell in values) {
      cell.textContent = values[cell.dataset.cell];
    }
  });
  list.append(row);
  return parts;
}

export function watchConnection() {
  const note = () => {
    offlineNote.hidden = navigator.onLine;
  };
  addEventListener("online", note);
  addEventListener("offline", note);
  note();
}
