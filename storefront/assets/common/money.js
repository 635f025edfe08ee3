// The twin of storefront/money.py; both obey tests/storefront/money.json. Intl is not asked, browsers differ.
const WRITTEN = {
  IDR: ["Rp", 0, ".", ","],
  USD: ["US$", 2, ",", "."],
  SGD: ["S$", 2, ",", "."],
  MYR: ["RM", 2, ",", "."],
  EUR: ["€", 2, ".", ","],
  GBP: ["£", 2, ",", "."],
  JPY: ["¥", 0, ",", "."],
  KWD: ["KWD ", 3, ",", "."],
};

export function formatted({ amount, currency }) {
  const [symbol, decimals, thousands, mark] = WRITTEN[currency];
  const digits = String(Math.abs(amount)).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, thousands);
  const rest = decimals ? mark + digits.slice(-decimals) : "";
  return (amount < 0 ? "-" : "") + symbol + whole + rest;
}
