// What a QR code or a button carries behind the # of the app's address. A fragment is sent to no server.

const OF_REQUEST = /^#r=([0-9a-f-]{36}\.[A-Za-z0-9_-]{20,100})$/;
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
  const request = OF_REQUEST.exec(address.hash);
  if (request) {
    return { kind: "request", binding: { token: request[1] } };
  }
  const copy = OF_COPY.exec(address.hash);
  return copy ? { kind: "copy", token: copy[1] } : null;
}

// Take the link that opened the app, and leave the address without it.
export function taken() {
  const found = read(location.href);
  if (location.hash) {
    history.replaceState(null, "", location.pathname);
  }
  return found;
}

export function forCopy(token) {
  return new URL(`/app/#c=${token}`, portal).href;
}
