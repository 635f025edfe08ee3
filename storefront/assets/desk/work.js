// Open work of one's own place, oldest first, with the steps that come next.
import { h, whileWatched } from "../common/dom.js";
import { interpolate } from "../common/text.js";
import { ask, me } from "./me.js";
import { allPlaces, placeOf } from "./names.js";
import {
  addressText,
  badge,
  button,
  cash,
  doing,
  goods,
  inputIn,
  quiet,
  select,
  steady,
} from "./parts.js";
import { dayText, whenText, words } from "./words.js";
import { canReject, nextSteps } from "./work-steps.js";

const EVERY_SECONDS = 5;
const REASONS = ["not_found", "damaged", "closed", "too_busy"];
const PAY_FIRST = new Set(["unpaid", "pending"]);

export function work(place) {
  const chooser = me.location || me.role === "salesman" ? null : placeChooser();
  const list = h("div", { class: "list" }, quiet(words.loading));
  const state = { stopped: false };
  place.replaceChildren(...[chooser, list].filter(Boolean));
  const draw = steady(list, (items) =>
    items.length ? items.map((item) => card(item, renew)) : quiet(words.empty.work),
  );
  const renew = whileWatched(EVERY_SECONDS, async () => {
    if (state.stopped) return;
    const items = await load(chooser ? inputIn(chooser).value : "").catch(() => null);
    if (items && !state.stopped && !list.querySelector("dialog[open]")) draw(items);
  });
  chooser?.addEventListener("change", renew);
  return () => {
    state.stopped = true;
  };
}

const placeChooser = () =>
  select(
    words.stock.place,
    "place",
    allPlaces()
      .filter(({ active }) => active)
      .map(({ id, name }) => [id, name]),
  );

/** What can be begun, then what waits for goods; the second may fail without hiding the first. */
async function load(location) {
  const where = location ? { location } : {};
  const [open, awaiting] = await Promise.all([
    fulfillments(where),
    hasAwaiting() ? fulfillments({ ...where, of: "awaiting" }).catch(() => []) : [],
  ]);
  return [...open, ...awaiting];
}

const hasAwaiting = () => !["salesman", "courier"].includes(me.role);

async function fulfillments(query) {
  const parameters = new URLSearchParams(query).toString();
  return (await ask("GET", `/fulfillments${parameters && `?${parameters}`}`)).items;
}

function card(item, renew) {
  const dialog = rejecting(item, renew);
  return h(
    "article",
    { class: "card open" },
    h("header", {}, h("h2", {}, item.number), badge(item.status)),
    goods(item.lines),
    h("p", { class: "facts" }, factsOf(item)),
    warnings(item),
    cash(item),
    whom(item),
    item.note ? h("p", {}, h("b", {}, `${words.note}: `), item.note) : "",
    h("footer", {}, steps(item, renew), canReject(item, me.role) ? opener(dialog) : ""),
    h(
      "small",
      {},
      whenText(item.assigned_at),
      " · ",
      orderLink(item),
      " · ",
      placeOf(item.location),
    ),
    dialog,
  );
}

const factsOf = ({ method, channel }) =>
  `${words.methods[method] || method} · ${words.channels[channel] || channel}`;

const orderLink = ({ order_id: id }) => h("a", { href: `#/orders/${id}` }, words.order);

function warnings({ expected_on: day, payment_status: payment, cash_to_collect: due }) {
  const arrives = day && interpolate(words.stock.arrives, { day: dayText(day) });
  const unpaid = PAY_FIRST.has(payment) && !due?.amount && words.paid_first;
  return [arrives, unpaid].filter(Boolean).map((text) => h("p", { class: "warn" }, text));
}

function whom({ customer, address }) {
  if (!customer && !address) return "";
  return h(
    "p",
    { class: "whom" },
    customer?.name ? h("b", {}, customer.name) : "",
    customer?.phone ? h("a", { href: `tel:${customer.phone}` }, words.call) : "",
    address ? h("span", {}, addressText(address)) : "",
  );
}

const steps = (item, renew) =>
  nextSteps(item, me.role).map((step, index) =>
    button(
      words.actions[step],
      (event) => doing(event.target, () => take(item, step, renew)),
      index ? "outline" : "",
    ),
  );

async function take(item, step, renew) {
  const body = step === "fail" ? { reason: words.actions.fail } : undefined;
  try {
    await ask("POST", `/fulfillments/${item.id}/${step}`, { body });
  } finally {
    renew();
  }
}

const opener = (dialog) => button(words.actions.reject, () => dialog.showModal(), "outline");

function rejecting(item, renew) {
  const reject = (reason) => (event) =>
    doing(event.target, async () => {
      await ask("POST", `/fulfillments/${item.id}/reject`, { body: { reason } });
      dialog.close();
      renew();
    });
  const reasons = REASONS.map((each) => button(words.reasons[each], reject(each), "outline"));
  const back = button(words.back, () => dialog.close(), "secondary");
  const dialog = h(
    "dialog",
    {},
    h("article", {}, h("h2", {}, words.actions.reject), reasons, back),
  );
  return dialog;
}
