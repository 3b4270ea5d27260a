/**
 * Keeps the files of this folder, so that its page works offline. VERSION and FILES stand above: a new export has others.
 *
 * Of the two builds of LiteRT.js only the one that the browser asks for is kept.
 */

const NAME = `unroll ${self.registration.scope} `;
const root = new URL("./", self.location.href);
const addresses = new Map(FILES.map((file) => [new URL(file, root).href, file]));
const eager = FILES.filter((file) => !file.startsWith("runtime/wasm/"));

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(NAME + VERSION);
      await cache.addAll(eager.map((file) => new Request(new URL(file, root), {cache: "no-cache"})));
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const old = (await caches.keys()).filter((name) => name.startsWith(NAME) && name !== NAME + VERSION);
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

async function answered(request, address) {
  const cache = await caches.open(NAME + VERSION);
  const known = await cache.match(address);
  if (known) return known;
  const response = await fetch(request);
  if (response.ok) await cache.put(address, response.clone());
  return response;
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  url.hash = url.search = "";
  const address = url.href === root.href ? new URL("index.html", root).href : url.href;
  if (event.request.method === "GET" && addresses.has(address)) event.respondWith(answered(event.request, address));
});
