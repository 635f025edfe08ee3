// What waits for somebody, with the button that resolves it.
import { h } from "../common/dom.js";
import { interpolate } from "../common/text.js";
import { ask } from "./me.js";
import { placeOf } from "./names.js";
import { button, doing, joined, linkButton, quiet, show, tell } from "./parts.js";
import { dayText, whenText, words } from "./words.js";

const RESOLVE = {
  stranded: ({ order }) => ["POST", `/orders/${order}/reroute`],
  expiring_transfer: ({ action }) => [action.method, action.path],
  unheard: ({ action }) => [action.method, action.path],
};
const LABELS = {
  stranded: words.board.reroute,
  expiring_transfer: words.confirm,
  unheard: words.actions.ack,
};

export function board(place) {
  const load = () =>
    show(place, async () => {
      const { items } = await ask("GET", "/exceptions");
      return items.length ? items.map((each) => card(each, load)) : quiet(words.board.calm);
    });
  load();
}

const card = (each, load) =>
  h(
    "article",
    { class: "card open" },
    h(
      "header",
      {},
      h("h2", {}, words.board[each.kind] || each.kind),
      h("small", {}, interpolate(words.board.since, { time: whenText(each.since) })),
    ),
    h("p", { class: "facts" }, factsOf(each)),
    h(
      "footer",
      {},
      resolving(each, load),
      each.order ? linkButton(`#/orders/${each.order}`, words.order) : "",
    ),
  );

const factsOf = ({ number, location, on, status, transport, template }) =>
  joined(
    number,
    placeOf(location),
    dayText(on),
    words.states[status],
    words.transports[transport],
    words.notices[template],
  );

function resolving(each, load) {
  if (!RESOLVE[each.kind]) return "";
  const resolve = async () => {
    await ask(...RESOLVE[each.kind](each));
    tell(words.done);
    load();
  };
  return button(LABELS[each.kind], (event) => doing(event.target, resolve));
}
