// One person's app: log in to a browser, see what waits, read alerts.

import { addRow, onClick, onSubmit, show, timeOf, words } from "../screen.js";
import { showCopy } from "./copy.js";
import { showInbox } from "./inbox.js";
import { showBlock, showOpeningCode } from "./more.js";
import { showPeople } from "./people.js";
import { openLinked, showRequest, showShortCode } from "./request.js";
import { showScan } from "./scan.js";

export function showHome(app) {
  if (app.session) {
    showOpened(app);
  } else {
    showLocked(app);
  }
}

function toScan(app) {
  return showScan({
    wanted: "request",
    back: () => showHome(app),
    typeInstead: () => showShortCode(app),
    found: (seen) => openLinked(app, seen.binding),
  });
}

function showLocked(app) {
  const parts = show("locked");
  parts.userId.textContent = app.person.userId;
  onClick(parts.scan, () => toScan(app), parts);
  onClick(parts.type, () => showShortCode(app), parts);
  onClick(parts.back, () => showPeople(), parts);
  onSubmit(parts, async (typed) => {
    await app.logIn(typed.get("pin"));
    await showOpened(app);
  });
}

async function showOpened(app) {
  const parts = show("home");
  parts.userId.textContent = app.person.userId;
  onClick(parts.scan, () => toScan(app), parts);
  onClick(parts.type, () => showShortCode(app), parts);
  onClick(parts.inbox, () => showInbox(app), parts);
  onClick(parts.openingCode, () => showOpeningCode(app), parts);
  onClick(parts.copy, () => showCopy(app), parts);
  onClick(parts.block, () => showBlock(app), parts);
  onClick(parts.again, () => listWhatWaits(app, parts), parts);
  onClick(
    parts.logOut,
    async () => {
      await app.logOut();
      await showPeople();
    },
    parts,
  );
  await listWhatWaits(app, parts).catch((problem) => {
    if (problem.code === "session_ended") {
      showLocked(app);
      return;
    }
    throw problem;
  });
}

async function listWhatWaits(app, parts) {
  const [{ requests }, { unread }] = [await app.inSession("requests"), await app.inSession("inbox", { limit: 1 })];
  parts.list.querySelectorAll("li").forEach((row) => row.remove());
  parts.none.hidden = requests.length > 0;
  parts.unread.textContent = unread ? words("unread", { count: unread >= 100 ? "99+" : String(unread) }) : "";
  for (const request of requests) {
    const row = addRow(parts.list, {
      asks: request.asks,
      text: request.reference_text,
      until: timeOf(request.expires_at),
    });
    row.open.addEventListener("click", () => showRequest(app, request, { binding: null }));
  }
}
