/* Keeps the inspector's own pages on the device, so that they open without a connection. Pages come from the net
   first; the copy is shown only when there is none. Nothing is sent from here: that is done by inspect.js. */
"use strict";
const STORE = "redprop-inspections-1";
const FRESH = 6 * 3600 * 1000; // milliseconds in which a copy is not fetched again

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function keep(addresses) {
  const store = await caches.open(STORE);
  let kept = 0;
  for (const address of addresses) {
    const old = await store.match(address);
    if (old && Date.now() - Date.parse(old.headers.get("date")) < FRESH) {
      kept += 1;
      continue;
    }
    try {
      const answer = await fetch(address, { credentials: "same-origin", redirect: "error" });
      if (answer.ok) {
        await store.put(address, answer);
        kept += 1;
      }
    } catch (error) {
      break;
    }
  }
  return kept;
}

self.addEventListener("message", (event) => {
  const wish = event.data || {};
  const told = (answer) => event.ports[0] && event.ports[0].postMessage(answer);
  if (wish.forget) event.waitUntil(caches.delete(STORE).then(() => told({ forgotten: true })));
  if (wish.keep) event.waitUntil(keep(wish.keep).then((kept) => told({ kept })));
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  const place = new URL(request.url);
  if (request.method !== "GET" || place.origin !== self.location.origin) return;
  const isPage = request.mode === "navigate";
  const isPart = /\.(css|js|svg)$/.test(place.pathname) && !place.pathname.endsWith("/worker.js");
  if (!isPage && !isPart) return;
  event.respondWith((async () => {
    const store = await caches.open(STORE);
    try {
      const answer = await fetch(request);
      if (answer.ok && isPart) await store.put(request, answer.clone());
      if (answer.ok && isPage && !answer.redirected && (await store.match(place.pathname))) {
        await store.put(place.pathname, answer.clone());
      }
      return answer;
    } catch (error) {
      const copy = await store.match(isPage ? place.pathname : request, { ignoreSearch: isPage });
      if (copy) return copy;
      throw error;
    }
  })());
});
