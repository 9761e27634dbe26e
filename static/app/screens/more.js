// A code that lets the owner's browser in while somebody else keeps asking, and the end of this app.

import { go } from "../router.js";
import { countDown, onClick, onSubmit, show, tell } from "../screen.js";
import * as store from "../store.js";

const CODE_MILLISECONDS = 5 * 60 * 1000;

export async function showOpeningCode(app) {
  const parts = show("opening-code");
  onClick(parts.back, () => go("home", app), parts);
  try {
    const { code } = await app.inSession("opening-codes");
    parts.code.textContent = code;
    countDown(parts.left, CODE_MILLISECONDS, () => go("home", app));
    parts.made.hidden = false;
  } catch (problem) {
    tell(parts, problem);
  }
}

export function showBlock(app) {
  const parts = show("block", { userId: app.person.userId });
  onClick(parts.back, () => go("home", app), parts);
  onSubmit(parts, async () => {
    await app.ask("unlink");
    await store.forgetPerson(app.person.appId);
    const done = show("blocked");
    onClick(done.on, () => go("people"), done);
  });
}
