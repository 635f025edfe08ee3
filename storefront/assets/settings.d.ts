// Type of `settings.js`, which `settings_module` in storefront/build.py writes for each site.
import type { CURRENCIES } from "./common/currencies.js";

declare const settings: { currency: keyof typeof CURRENCIES; country: string; zone: string };
export default settings;
