// The app on a new phone, by way of this one: asked for, an hour's wait with alerts, then a QR code for three minutes.

import * as link from "../link.js";
import { draw } from "../qr.js";
import { countDown, onClick, onSubmit, show, tell, timeOf, words } from "../screen.js";
import { showHome } from "./home.js";

const TICKET_MILLISECONDS = 3 * 60 * 1000;

export async function showCopy(app) {
  const parts = show("copy");
  onClick(parts.back, () => showHome(app), parts);
  onClick(
    parts.ask,
    async () => {
      await app.inSession("copies");
      await showCopy(app);
    },
    parts,
  );
  try {
    const { copy } = await app.inSession("copies/state");
    if (copy) {
      showUnderWay(app, copy);
      return;
    }
    parts.nothing.hidden = false;
  } catch (problem) {
    if (problem.code === "session_ended") {
      showHome(app);
      return;
    }
    tell(parts, problem);
  }
}

function showUnderWay(app, copy) {
  const parts = show("copy-waits");
  parts.from.textContent = timeOf(copy.opens_at);
  parts.until.textContent = timeOf(copy.closes_at);
  onClick(parts.back, () => showHome(app), parts);
  parts.stop.hidden = copy.state !== "pending";
  onClick(
    parts.stop,
    async () => {
      await app.inSession(`copies/${copy.id}/stop`);
      showHome(app);
    },
    parts,
  );
  onSubmit(parts, async (typed) => {
    const ticket = await app.ask(`copies/${copy.id}/ticket`, { pin: typed.get("pin") });
    showTicket(app, ticket);
  });
}

function showTicket(app, ticket) {
  const parts = show("copy-ticket");
  draw(parts.code, link.forCopy(ticket.token), words("ticket_label"));
  countDown(parts.left, TICKET_MILLISECONDS, () => showCopy(app));
  onClick(parts.back, () => showCopy(app), parts);
}
