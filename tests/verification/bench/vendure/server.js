// A Vendure server with three products, for `make bench PEER=vendure`. It is copied to a scratch
// folder where Vendure is installed, fills an empty database, listens and prints "ready".
const path = require("node:path");
const { bootstrap, DefaultLogger, dummyPaymentHandler, LanguageCode, LogLevel } = require("@vendure/core");
const { populate } = require("@vendure/core/cli");

const config = {
  apiOptions: { hostname: "127.0.0.1", port: Number(process.env.API_PORT) },
  authOptions: {
    tokenMethod: "bearer",
    superadminCredentials: { identifier: "superadmin", password: process.env.ADMIN_PASSWORD },
  },
  dbConnectionOptions: {
    type: "postgres",
    host: "127.0.0.1",
    port: Number(process.env.DATABASE_PORT),
    username: "vendure",
    database: "vendure",
    synchronize: true,
  },
  importExportOptions: { importAssetsDir: __dirname },
  logger: new DefaultLogger({ level: LogLevel.Warn }),
  paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
};

const initialData = {
  defaultLanguage: LanguageCode.en,
  countries: [{ name: "Indonesia", code: "ID", zone: "Asia" }],
  defaultZone: "Asia",
  taxRates: [{ name: "Standard Tax", percentage: 11 }],
  shippingMethods: [{ name: "Standard Shipping", price: 0 }],
  paymentMethods: [
    {
      name: "On delivery",
      handler: {
        code: dummyPaymentHandler.code,
        arguments: [{ name: "automaticSettle", value: "false" }],
      },
    },
  ],
  collections: [],
};

populate(() => bootstrap(config), initialData, path.join(__dirname, "products.csv"))
  .then(() => console.log("ready"))
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
