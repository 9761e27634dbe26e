// Who asks, for what; PIN; approve or reject (APR-3). Approving needs what only the browser's screen shows (APR-4).

import { go } from "../router.js";
import { countDown, onClick, onSubmit, show, tell, words } from "../screen.js";
import { onSwiped } from "../swipe.js";

const LASTS_MILLISECONDS = 5 * 60 * 1000; // APR-2

// What was scanned, or the link that opened the app. A link that does not bind still finds its request, to be rejected.
export async function openLinked(app, { binding, isBound }) {
  try {
    const request = await app.bind(binding);
    showRequest(app, request, isBound ? { binding } : { isByLink: true });
  } catch (problem) {
    tell(showShortCode(app), problem);
  }
}

export function showShortCode(app) {
  const parts = show("short-code");
  onClick(parts.back, () => go("home", app), parts);
  onSubmit(parts, async (typed) => {
    const binding = { short_code: typed.get("short_code") };
    showRequest(app, await app.bind(binding), { binding });
  });
  return parts;
}

// How long a request lives yet. A phone whose clock is off sees at most its whole life.
function livesFor(request) {
  const whole = Date.parse(request.expires_at) - Date.parse(request.opened_at);
  const left = Date.parse(request.expires_at) - Date.now();
  return Math.min(left > 0 ? left : whole, whole, LASTS_MILLISECONDS);
}

export function showRequest(app, request, { binding = null, isByLink = false } = {}) {
  const parts = show(binding ? "request" : "request-unbound", {
    asks: request.asks,
    text: request.reference_text,
    level: words(`level_${request.level}`),
    userId: app.person.userId,
  });
  countDown(parts.left, livesFor(request), () => showResult(app, "over"));
  const decide = async (decision, result) => {
    try {
      await app.decide(request, decision);
      showResult(app, result);
    } catch (problem) {
      if (problem.code !== "request_over") {
        throw problem;
      }
      showResult(app, "over");
    }
  };
  onClick(parts.reject, () => decide({ isApproved: false, binding: {} }, "rejected"), parts);
  onClick(parts.back, () => go("home", app), parts);
  if (!binding) {
    parts.byLink.hidden = !isByLink;
    onClick(parts.scan, () => toBind(app, request), parts);
    onClick(parts.type, () => showShortCode(app), parts);
    return;
  }
  onSubmit(parts, (typed) => decide({ isApproved: true, pin: typed.get("pin"), binding }, "approved"));
  onSwiped(parts.swipe, () => parts.form.requestSubmit());
}

function toBind(app, request) {
  go("scan", {
    wanted: "request",
    back: () => showRequest(app, request),
    typeInstead: () => showShortCode(app),
    found: (seen) => openLinked(app, { ...seen, isBound: true }),
  });
}

function showResult(app, result) {
  const parts = show(result);
  onClick(parts.on, () => go("home", app), parts);
}
