// What stays on the phone: the people who use the app here, each with a key that no script can read out (AUT-3).

import { openDB } from "../vendor/idb/index.js";

const PEOPLE = "people";
const SETTINGS = "settings";
const INSTALLATION = "installation_id";

let opening;

function database() {
  opening ??= openDB("app", 1, {
    upgrade(db) {
      db.createObjectStore(PEOPLE, { keyPath: "appId" });
      db.createObjectStore(SETTINGS);
    },
    blocking() {
      // Another tab has a newer version of the app: let it go on.
      opening?.then((db) => db.close());
      opening = undefined;
    },
  });
  return opening;
}

export async function people() {
  const found = await (await database()).getAll(PEOPLE);
  return found.sort((a, b) => a.userId.localeCompare(b.userId));
}

export async function keepPerson({ appId, userId, level, language, privateKey }) {
  await (await database()).put(PEOPLE, { appId, userId, level, language, privateKey });
}

export async function forgetPerson(appId) {
  await (await database()).delete(PEOPLE, appId);
}

// Stands for this phone's browser, for everybody who uses it (AUT-3).
export async function installationId() {
  const db = await database();
  const transaction = db.transaction(SETTINGS, "readwrite");
  let id = await transaction.store.get(INSTALLATION);
  if (!id) {
    id = crypto.randomUUID();
    await transaction.store.put(id, INSTALLATION);
  }
  await transaction.done;
  return id;
}
