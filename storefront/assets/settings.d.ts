// `settings.js` is written by the build: see `settings_module` in storefront/build.py.
import type { CURRENCIES } from "./common/currencies.js";

declare const settings: { currency: keyof typeof CURRENCIES; country: string; zone: string };
export default settings;
