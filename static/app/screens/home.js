// One person's app: log in to a browser, see what waits, read alerts.

import { go } from "../router.js";
import { addRow, onClick, onSubmit, show, tell, timeOf, words } from "../screen.js";
import * as store from "../store.js";

const UNKNOWN = "not_accepted";
const MOST_COUNTED = 100; // the server counts no further

export function showHome(app) {
  if (app.session) {
    showOpened(app);
  } else {
    showLocked(app);
  }
}

function toScan(app) {
  go("scan", {
    wanted: "request",
    back: () => showHome(app),
    typeInstead: () => go("short-code", app),
    found: (seen) => go("linked", app, { ...seen, isBound: true }),
  });
}

function showLocked(app, problem = null) {
  const parts = show("locked", { userId: app.person.userId });
  onClick(parts.scan, () => toScan(app), parts);
  onClick(parts.type, () => go("short-code", app), parts);
  onClick(parts.back, () => go("people"), parts);
  onClick(
    parts.remove,
    async () => {
      await store.forgetPerson(app.person.appId);
      go("people");
    },
    parts,
  );
  onSubmit(parts, async (typed) => {
    await app.logIn(typed.get("pin"));
    showOpened(app);
  });
  if (problem) {
    tell(parts, problem);
  }
  lookAtApp(app, parts);
}

// What became of the app while nobody looked: blocked, suspended, paused; another user ID (SEC-1, BLK-1).
async function lookAtApp(app, parts) {
  const me = await app.ask("me").catch((problem) => {
    if (problem.code === UNKNOWN) {
      tell(parts, problem);
      showEnd(parts);
    }
    return null; // anything else is told when something is asked for
  });
  if (!me) {
    return;
  }
  const { user_id: userId, level, language } = me;
  await store.keepPerson(Object.assign(app.person, { userId, level, language }));
  parts.userId.textContent = userId;
  if (!("languageIsChosen" in document.body.dataset) && language !== document.documentElement.lang) {
    document.querySelector(`header button[value=${language}]`).click(); // nobody chose on this phone: as its owner did
  }
  if (me.state === "blocked") {
    sayState(parts, words("app_blocked"));
    showEnd(parts);
  } else if (me.identity_state !== "active") {
    sayState(parts, words("identity_blocked"));
  } else if (me.state === "suspended") {
    sayState(parts, words("app_suspended"));
  } else if (me.paused_until) {
    sayState(parts, words("paused_until", { time: timeOf(me.paused_until) }));
  }
}

function sayState(parts, text) {
  parts.state.textContent = text;
  parts.state.hidden = false;
}

function showEnd(parts) {
  parts.usable.hidden = true;
  parts.ended.hidden = false;
}

async function showOpened(app) {
  app.whenSessionEnds = (problem) => showLocked(app, problem);
  const parts = show("home", { userId: app.person.userId });
  onClick(parts.scan, () => toScan(app), parts);
  onClick(parts.type, () => go("short-code", app), parts);
  onClick(parts.inbox, () => go("inbox", app), parts);
  onClick(parts.openingCode, () => go("opening-code", app), parts);
  onClick(parts.copy, () => go("copy", app), parts);
  onClick(parts.block, () => go("block", app), parts);
  onClick(parts.again, () => listWhatWaits(app, parts), parts);
  onClick(
    parts.logOut,
    async () => {
      await app.logOut();
      go("people");
    },
    parts,
  );
  try {
    await listWhatWaits(app, parts);
  } catch (problem) {
    tell(parts, problem);
  }
}

async function listWhatWaits(app, parts) {
  const { requests } = await app.inSession("requests");
  const { unread } = await app.inSession("inbox", { limit: 1 });
  parts.list.querySelectorAll("li").forEach((row) => row.remove());
  parts.none.hidden = requests.length > 0;
  const count = unread >= MOST_COUNTED ? `${MOST_COUNTED - 1}+` : String(unread);
  parts.unread.textContent = unread ? words("unread", { count }) : "";
  for (const request of requests) {
    const row = addRow(parts.list, {
      asks: request.asks,
      text: request.reference_text,
      until: timeOf(request.expires_at),
    });
    row.open.addEventListener("click", () => go("request", app, request));
  }
}
