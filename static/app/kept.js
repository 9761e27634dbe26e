// The app's own files are kept on the phone, so that it opens and says so plainly when there is no connection.
// The service worker keeps the page; which files belong to it, the page knows once they are loaded.

const CACHE = "app-1"; // as in the service worker

function ownFiles() {
  const found = performance.getEntriesByType("resource").map((entry) => new URL(entry.name));
  return found
    .filter(({ origin, pathname }) => origin === location.origin && /\.(js|css|svg|png|woff2?)$/.test(pathname))
    .filter(({ pathname }) => !pathname.startsWith("/app/"))
    .map(({ origin, pathname }) => origin + pathname);
}

async function keep() {
  const cache = await caches.open(CACHE);
  const wanted = new Set(ownFiles());
  const there = new Set((await cache.keys()).map((request) => request.url));
  await cache.addAll([...wanted].filter((url) => !there.has(url)));
  const isOld = (url) => !wanted.has(url) && !new URL(url).pathname.startsWith("/app/");
  await Promise.all([...there].filter(isOld).map((url) => cache.delete(url)));
}

export async function keepFiles() {
  if (!("serviceWorker" in navigator && "caches" in globalThis)) {
    return; // the app works all the same; it only does not open without a connection
  }
  try {
    await navigator.serviceWorker.register("/app/service-worker.js", { scope: "/app/" });
    await navigator.serviceWorker.ready;
    if (navigator.onLine) {
      await keep();
    }
  } catch {
    // As above: a browser that keeps nothing (a private window, a full disk) still runs the app.
  }
}
