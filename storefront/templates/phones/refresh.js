// Refreshes the messages of the page /phones/ while it is visible.
const SECONDS = 3;

async function refresh() {
  if (document.hidden) return;
  const page = await (await fetch("/phones/")).text();
  const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("main");
  const main = document.querySelector("main");
  if (fresh.textContent !== main.textContent) main.replaceWith(document.adoptNode(fresh));
}

setInterval(() => refresh().catch(() => undefined), SECONDS * 1000); // the shop may be stopped
