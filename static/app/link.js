// What a QR code or a button carries behind the # of the app's address. A fragment is sent to no server.

import { takeNote } from "./pressed.js";

const OF_QR_CODE = /^#q=([0-9a-f-]{36}\.[A-Za-z0-9_-]{20,100})$/;
const OF_BUTTON = /^#b=(([0-9a-f-]{36})\.[A-Za-z0-9_-]{20,100})$/;
const OF_COPY = /^#c=([A-Za-z0-9_.-]{20,128})$/;

// How the portal calls itself; a proxy or a bookmark may have brought us here by another name.
export const portal = new URL(document.body.dataset.portal).origin;

export function read(text) {
  let address;
  try {
    address = new URL(text);
  } catch {
    return null;
  }
  if (![portal, location.origin].includes(address.origin) || address.pathname !== "/app/") {
    return null; // a code of somebody else's is not followed
  }
  const scanned = OF_QR_CODE.exec(address.hash);
  if (scanned) {
    return { kind: "request", binding: { qr_token: scanned[1] } };
  }
  const button = OF_BUTTON.exec(address.hash);
  if (button) {
    return { kind: "button", requestId: button[2], binding: { button_token: button[1] } };
  }
  const copy = OF_COPY.exec(address.hash);
  return copy ? { kind: "copy", token: copy[1] } : null;
}

// Take the link that opened the app, and leave the address without it. Anybody can send a link: it binds app and browser
// only where the button was pressed in this very browser; a QR code is for the app's own camera (APR-4).
export function taken() {
  const found = read(location.href);
  if (location.hash) {
    history.replaceState(null, "", location.pathname);
  }
  return found && { ...found, isBound: found.kind === "button" && takeNote(found.requestId) };
}

export function forCopy(token) {
  return new URL(`/app/#c=${token}`, portal).href;
}
