// Generated; do not edit. Run `python -m storefront.generate_currencies`.
export const CURRENCIES = {
  IDR: { exponent: 0, symbol: "Rp", thousands_mark: ".", decimal_mark: "," },
  JPY: { exponent: 0, symbol: "¥", thousands_mark: ",", decimal_mark: "." },
  USD: { exponent: 2, symbol: "US$", thousands_mark: ",", decimal_mark: "." },
  EUR: { exponent: 2, symbol: "€", thousands_mark: ".", decimal_mark: "," },
  SGD: { exponent: 2, symbol: "S$", thousands_mark: ",", decimal_mark: "." },
  MYR: { exponent: 2, symbol: "RM", thousands_mark: ",", decimal_mark: "." },
  GBP: { exponent: 2, symbol: "£", thousands_mark: ",", decimal_mark: "." },
  KWD: { exponent: 3, symbol: "KWD ", thousands_mark: ",", decimal_mark: "." },
};
