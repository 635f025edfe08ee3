// Elements that several pages of the shop use.
import { h } from "../common/dom.js";
import { localPath, words } from "./words.js";

export const button = (text, onclick, kind = null) =>
  h("button", { type: "button", class: kind, onclick }, text);

export const linkButton = (path, text, kind = null) =>
  h("a", { href: localPath(path), role: "button", class: kind }, text);

export const catalogLink = () => linkButton("/", words.to_catalog);

export const emptyCart = () =>
  h("div", { class: "empty" }, h("p", {}, words.empty_cart), catalogLink());

export const addressText = ({ street, city, postcode }) =>
  [street, city, postcode].filter(Boolean).join(", ");
