/**
 * Has the service worker keep the folder, and waits until it does: what is fetched from then on is kept too.
 *
 * Browsers have service workers on localhost and over HTTPS; elsewhere the page works, but not offline.
 */

const PATIENCE = 10000; // milliseconds

export async function kept(newer) {
  if (!("serviceWorker" in navigator)) return;
  const {serviceWorker} = navigator;
  const known = Boolean(serviceWorker.controller);
  const taken = new Promise((resolve) => {
    serviceWorker.addEventListener("controllerchange", known ? newer : resolve, {once: true});
  });
  const registration = await serviceWorker.register("service-worker.js").catch(() => null);
  // Without one the server is gone, and the folder is kept already; or the browser refuses, and the page works online.
  if (registration && !known && !registration.active) await Promise.race([taken, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
}
