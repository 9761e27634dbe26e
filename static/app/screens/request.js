// Who asks, for what; PIN; approve or reject (APR-3). Approving needs what only the browser's screen shows (APR-4).

import { countDown, hush, onClick, onSubmit, show, tell, words } from "../screen.js";
import { onSwiped } from "../swipe.js";
import { showHome } from "./home.js";
import { showScan } from "./scan.js";

const LASTS_MILLISECONDS = 5 * 60 * 1000; // APR-2

export async function openLinked(app, binding) {
  try {
    showRequest(app, await app.bind(binding), { binding });
  } catch (problem) {
    tell(showShortCode(app), problem);
  }
}

export function showShortCode(app) {
  const parts = show("short-code");
  onClick(parts.back, () => showHome(app), parts);
  onSubmit(parts, async (typed) => {
    const binding = { short_code: typed.get("short_code") };
    showRequest(app, await app.bind(binding), { binding });
  });
  return parts;
}

// How long a request lives yet, by the server's clock: the phone's may be wrong.
function livesFor(request) {
  const whole = Date.parse(request.expires_at) - Date.parse(request.opened_at);
  const left = Date.parse(request.expires_at) - Date.now();
  return Math.min(left > 0 ? left : whole, whole, LASTS_MILLISECONDS);
}

export function showRequest(app, request, { binding }) {
  const parts = show(binding ? "request" : "request-unbound");
  parts.asks.textContent = request.asks;
  parts.text.textContent = request.reference_text;
  parts.level.textContent = words(`level_${request.level}`);
  parts.userId.textContent = app.person.userId;
  countDown(parts.left, livesFor(request), () => showResult(app, "over"));
  onClick(
    parts.reject,
    async () => {
      await app.decide(request, { isApproved: false, binding: {} });
      showResult(app, "rejected");
    },
    parts,
  );
  if (!binding) {
    onClick(parts.scan, () => toBind(app, request), parts);
    onClick(parts.type, () => showShortCode(app), parts);
    onClick(parts.back, () => showHome(app), parts);
    return;
  }
  const approve = async (typed) => {
    hush(parts);
    await app.decide(request, { isApproved: true, pin: typed.get("pin"), binding });
    showResult(app, "approved");
  };
  onSubmit(parts, approve);
  onSwiped(parts.swipe, () => parts.form.requestSubmit());
}

function toBind(app, request) {
  return showScan({
    wanted: "request",
    back: () => showRequest(app, request, { binding: null }),
    typeInstead: () => showShortCode(app),
    found: (seen) => openLinked(app, seen.binding),
  });
}

function showResult(app, result) {
  const parts = show(result);
  onClick(parts.on, () => showHome(app), parts);
}
