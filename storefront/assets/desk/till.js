// The drawer that cash goes into: open it with a float, see what it should hold.
import { newKey } from "../common/api.js";
import { fill, h, say } from "../common/dom.js";
import { formatted } from "../common/money.js";
import { ask, me } from "./me.js";
import { doing, field } from "./parts.js";
import { words } from "./words.js";

export async function till(place) {
  try {
    const shift = await ask("GET", "/shifts/mine");
    fill(place, h("p", { class: "till" }, say(words.sell.shift, { till: shift.till, amount: formatted(shift.expected) })));
  } catch (problem) {
    if (problem.status === 404) fill(place, opening(place));
  }
}

function opening(place) {
  const key = newKey();
  const open = (event) => {
    event.preventDefault();
    doing(event.submitter, async () => {
      const opening = { amount: Number(event.target.elements.opening.value), currency: "IDR" };
      await ask("POST", "/shifts", { body: { opening }, key });
      await till(place);
    });
  };
  return h("form", { class: "card find", onsubmit: open }, h("p", {}, words.sell.no_shift), field(words.sell.opening, { name: "opening", type: "number", min: 0, value: me.role === "cashier" ? 500000 : 0, inputmode: "numeric", required: true }), h("button", { type: "submit" }, words.sell.open_shift));
}
