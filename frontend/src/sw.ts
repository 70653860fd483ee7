/**
 * The service worker keeps the shell of the field app and nothing else: it never sees a write, an answer of the API or
 * the live stream, because only the outbox knows what may be repeated.
 */
declare const __PRECACHE__: string[];
declare const __VER__: string;

interface WaitingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface RequestEvent extends WaitingEvent {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface WorkerScope {
  addEventListener(type: "install" | "activate" | "sync", listener: (event: WaitingEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: RequestEvent) => void): void;
  addEventListener(type: "message", listener: (event: MessageEvent<unknown>) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(): Promise<{ postMessage(message: unknown): void }[]> };
  location: Location;
}

const worker = self as unknown as WorkerScope;
const CACHE = `field-${__VER__}`;
const SHELL = "/m/";

worker.addEventListener("install", (event) => {
  const fresh = [SHELL, ...__PRECACHE__].map((url) => new Request(url, { cache: "reload" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
});

worker.addEventListener("activate", (event) => {
  const clean = caches
    .keys()
    .then((names) => Promise.all(names.filter((name) => name.startsWith("field-") && name !== CACHE).map((name) => caches.delete(name))));
  event.waitUntil(clean.then(() => worker.clients.claim()));
});

worker.addEventListener("message", (event) => {
  if (event.data === "skip") void worker.skipWaiting();
});

// The network is back: a sleeping tab may send now. Without a tab there is nobody to send.
worker.addEventListener("sync", (event) => {
  event.waitUntil(worker.clients.matchAll().then((tabs) => tabs.forEach((tab) => tab.postMessage("send"))));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.mode === "navigate" && (url.pathname === "/m" || url.pathname.startsWith(SHELL))) {
    event.respondWith(fromCache(SHELL, request));
  } else if (url.pathname.startsWith("/static/")) {
    event.respondWith(fromCache(url.pathname, request));
  }
});

async function fromCache(key: string, request: Request): Promise<Response> {
  const kept = await caches.open(CACHE).then((cache) => cache.match(key));
  return kept ?? fetch(request);
}
