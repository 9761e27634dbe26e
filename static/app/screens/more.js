// A code that lets the owner's browser in while somebody else keeps asking, and the end of this app.

import { countDown, onClick, onSubmit, show, tell } from "../screen.js";
import * as store from "../store.js";
import { showHome } from "./home.js";
import { showPeople } from "./people.js";

const CODE_MILLISECONDS = 5 * 60 * 1000;

export async function showOpeningCode(app) {
  const parts = show("opening-code");
  onClick(parts.back, () => showHome(app), parts);
  try {
    const { code } = await app.inSession("opening-codes");
    parts.code.textContent = code.replace(/(.{4})(?=.)/g, "$1 ");
    countDown(parts.left, CODE_MILLISECONDS, () => showHome(app));
  } catch (problem) {
    if (problem.code === "session_ended") {
      showHome(app);
      return;
    }
    tell(parts, problem);
  }
}

export function showBlock(app) {
  const parts = show("block");
  parts.userId.textContent = app.person.userId;
  onClick(parts.back, () => showHome(app), parts);
  onSubmit(parts, async () => {
    await app.ask("unlink");
    await store.forgetPerson(app.person.appId);
    const done = show("blocked");
    onClick(done.on, () => showPeople(), done);
  });
}
