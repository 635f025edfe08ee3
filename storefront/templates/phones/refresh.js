// Renews the messages of the page /phones/ while it is visible.
const SECONDS = 3;

async function renew() {
  if (document.hidden) return;
  const page = await (await fetch("/phones/")).text();
  const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("main");
  const main = document.querySelector("main");
  if (fresh.textContent !== main.textContent) main.replaceWith(document.adoptNode(fresh));
}

setInterval(() => renew().catch(() => undefined), SECONDS * 1000); // the shop may be stopped
