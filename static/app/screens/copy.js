// The app on a new phone, by way of this one: asked for, an hour's wait with alerts, then a QR code for three minutes.

import * as link from "../link.js";
import { draw } from "../qr.js";
import { go } from "../router.js";
import { countDown, onClick, onSubmit, show, tell, timeOf, words } from "../screen.js";

const TICKET_MILLISECONDS = 3 * 60 * 1000;

export async function showCopy(app) {
  const parts = show("copy");
  onClick(parts.back, () => go("home", app), parts);
  onClick(parts.ask, async () => showUnderWay(app, await app.inSession("copies")), parts);
  try {
    const { copy } = await app.inSession("copies/state");
    if (copy) {
      showUnderWay(app, copy);
    } else {
      parts.nothing.hidden = false;
    }
  } catch (problem) {
    tell(parts, problem);
  }
}

function showUnderWay(app, copy) {
  const parts = show("copy-waits", { from: timeOf(copy.opens_at), until: timeOf(copy.closes_at) });
  onClick(parts.back, () => go("home", app), parts);
  parts.stop.hidden = copy.state !== "pending";
  onClick(
    parts.stop,
    async () => {
      await app.inSession(`copies/${copy.id}/stop`);
      go("home", app);
    },
    parts,
  );
  onSubmit(parts, async (typed) => {
    showTicket(app, await app.ask(`copies/${copy.id}/ticket`, { pin: typed.get("pin") }));
  });
}

function showTicket(app, ticket) {
  const parts = show("copy-ticket");
  draw(parts.code, link.forCopy(ticket.token), words("ticket_label"));
  countDown(parts.left, TICKET_MILLISECONDS, () => showCopy(app));
  onClick(parts.back, () => showCopy(app), parts);
}
