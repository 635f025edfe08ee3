// What this device remembers. Where storage is forbidden the page still works, it just forgets.
const memory = new Map();

export function read(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem("kanal." + name)) ?? otherwise;
  } catch {
    return memory.get(name) ?? otherwise;
  }
}

export function write(name, value) {
  memory.set(name, value);
  try {
    if (value === null) localStorage.removeItem("kanal." + name);
    else localStorage.setItem("kanal." + name, JSON.stringify(value));
  } catch {
    // private mode: memory has it
  }
}

const THIRTY_DAYS = 30 * 24 * 3600 * 1000;

/** The post, advert or brochure that brought the shopper, kept for thirty days: `?via=code` in the link. */
export function placement() {
  const seen = read("via", null);
  return seen && Date.now() - seen.at < THIRTY_DAYS ? seen.code : "";
}

export function notePlacement() {
  const code = new URLSearchParams(location.search).get("via");
  if (code && /^[\w.-]{1,64}$/.test(code)) write("via", { code, at: Date.now() });
}
