// Keeps the app's page and files for when the phone is offline. What the server says is asked for anew each time:
// nothing under /api/ is ever kept.

const CACHE = "app-1";
const SHELL = "{{ shell|escapejs }}";
const STATIC = "{{ static|escapejs }}";

function isOurs(request) {
  const { origin, pathname } = new URL(request.url);
  return request.method === "GET" && origin === location.origin && (pathname === SHELL || pathname.startsWith(STATIC));
}

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.add(SHELL)));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

async function freshOrKept(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request);
    if (response.ok) {
      await cache.put(request, response.clone());
    }
    return response;
  } catch (fault) {
    const kept = await cache.match(request);
    if (kept) {
      return kept;
    }
    throw fault;
  }
}

self.addEventListener("fetch", (event) => {
  if (isOurs(event.request)) {
    event.respondWith(freshOrKept(event.request));
  }
});
