// The app begins here: who is on this phone, and did a link bring them?

import { watchBack } from "./back.js";
import { keepFiles } from "./kept.js";
import * as link from "./link.js";
import { go, register } from "./router.js";
import { show, watchConnection } from "./screen.js";
import { showCopy } from "./screens/copy.js";
import { showEnrolment } from "./screens/enrolment.js";
import { showHome } from "./screens/home.js";
import { showInbox } from "./screens/inbox.js";
import { showBlock, showOpeningCode } from "./screens/more.js";
import { showPeople } from "./screens/people.js";
import { openLinked, showRequest, showShortCode } from "./screens/request.js";
import { showScan } from "./screens/scan.js";

register({
  block: showBlock,
  copy: showCopy,
  enrolment: showEnrolment,
  home: showHome,
  inbox: showInbox,
  linked: openLinked,
  "opening-code": showOpeningCode,
  people: showPeople,
  request: showRequest,
  scan: showScan,
  "short-code": showShortCode,
});

// A key that no script can read out needs a safe address, and a browser that keeps things (AUT-3).
const canKeepKeys = Boolean(globalThis.isSecureContext && globalThis.crypto?.subtle && globalThis.indexedDB);

async function begin() {
  if (!canKeepKeys) {
    show("no-keys");
    return;
  }
  try {
    await go("people", { link: link.taken() });
  } catch (fault) {
    show("no-keys");
    throw fault;
  }
}

watchConnection();
watchBack();
document.querySelector(".skipnav").addEventListener("click", (event) => {
  event.preventDefault(); // an address with another hash would be a step in the history
  document.querySelector("#screen").focus();
});
addEventListener("hashchange", () => {
  if (link.read(location.href)) {
    begin();
  }
});
begin();
keepFiles();
