// The app begins here: who is on this phone, and did a link bring them?

import * as link from "./link.js";
import { showPeople } from "./screens/people.js";
import { watchConnection } from "./screen.js";

function begin() {
  showPeople({ link: link.taken() });
}

if ("serviceWorker" in navigator) {
  // Without it the app works all the same; it only does not open when the phone is offline.
  navigator.serviceWorker.register("/app/service-worker.js", { scope: "/app/" }).catch(() => null);
}
watchConnection();
addEventListener("hashchange", () => {
  if (location.hash) {
    begin();
  }
});
begin();
