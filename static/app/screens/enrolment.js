// The app is set up for a person: two codes that came by two ways, then a PIN of their own (SEC-1, SEC-5).

import { Enrolment, newKeys, PersonsApp, platform, Problem } from "../api.js";
import { go } from "../router.js";
import { onClick, onSubmit, show } from "../screen.js";
import * as store from "../store.js";

export async function showEnrolment({ copyToken = null } = {}) {
  const parts = show(copyToken ? "enrol-copy" : "enrol");
  onClick(parts.back, () => go("people"), parts);
  onSubmit(parts, async (typed) => {
    const keys = await newKeys();
    const enrolment = new Enrolment(keys);
    await enrolment.begin({
      userId: typed.get("user_id").trim(),
      firstCode: copyToken ? { copy_token: copyToken } : { activation_code: typed.get("activation_code") },
      installationId: await store.installationId(),
      platform: platform(),
    });
    showSecondCode({ enrolment, keys });
  });
}

function showSecondCode({ enrolment, keys }) {
  const parts = show("enrol-pin");
  onClick(parts.back, () => go("people"), parts);
  onSubmit(parts, async (typed) => {
    if (typed.get("pin") !== typed.get("pin_again")) {
      throw new Problem("pins_differ", { detail: parts.differ.textContent });
    }
    const app = await enrolment.complete({ temporaryPin: typed.get("temporary_pin"), pin: typed.get("pin") });
    const person = {
      appId: app.app_id,
      userId: app.user_id,
      level: app.level,
      language: document.documentElement.lang,
      privateKey: keys.privateKey,
    };
    await store.keepPerson(person);
    await navigator.storage?.persist?.();
    showDone(person);
  });
}

function showDone(person) {
  const parts = show("enrolled", { userId: person.userId });
  onClick(parts.on, () => go("home", new PersonsApp(person)), parts);
}
