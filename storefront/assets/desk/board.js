// What waits for somebody, with the button that resolves it.
import { fill, h, say } from "../common/dom.js";
import { ask } from "./me.js";
import { placeOf } from "./names.js";
import { button, doing, explain, quiet, tell } from "./parts.js";
import { dayText, whenText, words } from "./words.js";

const RESOLVES = { stranded: (each) => ["POST", `/orders/${each.order}/reroute`], expiring_transfer: (each) => [each.action.method, each.action.path], unheard: (each) => [each.action.method, each.action.path] };
const SAYS = { stranded: () => words.board.reroute, expiring_transfer: () => words.confirm, unheard: () => words.actions.ack };

export function board(place) {
  const load = async () => {
    try {
      const { items } = await ask("GET", "/exceptions");
      fill(place, items.length ? items.map((each) => card(each, load)) : quiet(words.board.calm));
    } catch (problem) {
      fill(place, quiet(explain(problem)));
    }
  };
  load();
}

function card(each, load) {
  const resolve = (event) =>
    doing(event.target, async () => {
      await ask(...RESOLVES[each.kind](each));
      tell(words.done);
      load();
    });
  return h(
    "article",
    { class: "card open" },
    h("header", {}, h("h2", {}, words.board[each.kind] || each.kind), h("small", {}, say(words.board.since, { time: whenText(each.since) }))),
    h("p", { class: "facts" }, [each.number, placeOf(each.location), each.on && dayText(each.on), words.states[each.status], words.transports[each.transport], words.notices[each.template]].filter(Boolean).join(" · ")),
    h("footer", {}, RESOLVES[each.kind] ? button(SAYS[each.kind](), resolve) : "", each.order ? h("a", { href: `#/orders/${each.order}`, role: "button", class: "outline" }, words.order) : ""),
  );
}
