// The app begins here: who is on this phone, and did a link bring them?

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
addEventListener("hashchange", () => {
  // "Skip to the content" changes it too, and must not begin anew.
  if (link.read(location.href)) {
    begin();
  }
});
begin();
keepFiles();
