// A note from the log-in page to the app in the same browser: the button of this request was pressed here, just now.
// Anybody can forward the button's address; nobody can forward the note (APR-4).

const NOTE = "app-button";
const LASTS_MILLISECONDS = 60 * 1000;

export function leaveNote(requestId) {
  try {
    localStorage.setItem(NOTE, JSON.stringify({ requestId, until: Date.now() + LASTS_MILLISECONDS }));
  } catch {
    // This browser keeps nothing: the app asks to scan or to type instead.
  }
}

// Tell whether the note is there and names the request; it is gone afterwards.
export function takeNote(requestId) {
  try {
    const { requestId: noted, until } = JSON.parse(localStorage.getItem(NOTE) ?? "{}");
    localStorage.removeItem(NOTE);
    const left = until - Date.now();
    return noted === requestId && left > 0 && left <= LASTS_MILLISECONDS;
  } catch {
    return false; // as above, or somebody has written something else there
  }
}
