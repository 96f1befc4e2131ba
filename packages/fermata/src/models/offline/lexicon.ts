/** Closed lists of the world: currencies, units, languages. */

const CURRENCY_NAMES: Readonly<Record<string, string>> = {
  dollar: "USD",
  dollars: "USD",
  bucks: "USD",
  "us dollars": "USD",
  euro: "EUR",
  euros: "EUR",
  pound: "GBP",
  pounds: "GBP",
  sterling: "GBP",
  quid: "GBP",
  yen: "JPY",
  franc: "CHF",
  francs: "CHF",
  "swiss francs": "CHF",
  rupee: "INR",
  rupees: "INR",
  yuan: "CNY",
  renminbi: "CNY",
  won: "KRW",
  peso: "MXN",
  pesos: "MXN",
  real: "BRL",
  reais: "BRL",
  krona: "SEK",
  kronor: "SEK",
  krone: "NOK",
  zloty: "PLN",
  lira: "TRY",
  ruble: "RUB",
  rubles: "RUB",
  shekel: "ILS",
  shekels: "ILS",
  rand: "ZAR",
  bitcoin: "BTC",
  bitcoins: "BTC",
  ether: "ETH",
  "canadian dollars": "CAD",
  "australian dollars": "AUD",
};
const CURRENCY_SIGNS: Readonly<Record<string, string>> = {
  $: "USD",
  "€": "EUR",
  "£": "GBP",
  "¥": "JPY",
  "₹": "INR",
  "₩": "KRW",
  "₿": "BTC",
};
const CURRENCY_CODES =
  "USD EUR GBP JPY CHF CAD AUD NZD CNY INR KRW SEK NOK DKK PLN CZK HUF RON BGN TRY RUB UAH ILS ZAR BRL MXN ARS CLP COP PEN SGD HKD TWD THB IDR MYR PHP VND AED SAR EGP NGN KES BTC ETH";

/** A currency by code, name or sign. */
export const CURRENCY = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:${Object.keys(CURRENCY_NAMES)
    .sort((a, b) => b.length - a.length)
    .join("|")}|${CURRENCY_CODES.split(" ").join("|")})(?![\\p{L}\\p{N}])|[$€£¥₹₩₿]`,
  "giu",
);

/** The ISO 4217 code of what `CURRENCY` matched. */
export function currencyCode(text: string): string {
  return CURRENCY_SIGNS[text] ?? CURRENCY_NAMES[text.toLowerCase()] ?? text.toUpperCase();
}

/** Each line is one unit under all its names; the first is the long one. */
const UNITS = [
  "kilometers kilometres kilometer kilometre km kms",
  "miles mile mi",
  "meters metres meter metre m",
  "feet foot ft",
  "inches inch",
  "yards yard yd",
  "centimeters centimetres centimeter centimetre cm",
  "millimeters millimetres millimeter millimetre mm",
  "kilograms kilogram kilos kilo kg kgs",
  "grams gram g",
  "pounds pound lbs lb",
  "ounces ounce oz",
  "stone stones st",
  "tonnes tonne tons ton",
  "liters litres liter litre l",
  "milliliters millilitres milliliter millilitre ml",
  "gallons gallon gal",
  "cups cup",
  "pints pint pt",
  "tablespoons tablespoon tbsp",
  "teaspoons teaspoon tsp",
  "celsius centigrade c °c",
  "fahrenheit f °f",
  "kelvin k",
  "seconds second secs sec",
  "minutes minute mins min",
  "hours hour hrs hr",
  "days day",
  "weeks week",
  "bytes byte",
  "kilobytes kb",
  "megabytes mb",
  "gigabytes gb",
  "terabytes tb",
  "mph",
  "kph kmh km/h",
  "knots knot",
  "acres acre",
  "hectares hectare ha",
  "joules joule j",
  "calories calorie kcal",
  "watts watt w",
  "kilowatts kilowatt kw",
  "horsepower hp",
].map((line) => line.split(" "));

/** A unit of measurement, as a word of its own or right behind a number. */
export const UNIT = new RegExp(
  `(?:(?<=\\d)\\s?|(?<![\\p{L}\\p{N}]))(?:${UNITS.flat()
    .sort((a, b) => b.length - a.length)
    .map((unit) => (unit.length < 2 ? `(?<=\\d\\s?|\\b(?:to|in|into|from)\\s)${unit}` : unit))
    .join("|")})(?![\\p{L}\\p{N}'’])`,
  "giu",
);

/** All names of the unit that goes by `name`. */
export function unitNames(name: string): readonly string[] {
  const key = name.toLowerCase();
  return UNITS.find((unit) => unit.includes(key)) ?? [key];
}

const LANGUAGES: Readonly<Record<string, string>> = {
  english: "en",
  spanish: "es",
  french: "fr",
  german: "de",
  italian: "it",
  portuguese: "pt",
  dutch: "nl",
  japanese: "ja",
  chinese: "zh",
  mandarin: "zh",
  korean: "ko",
  russian: "ru",
  arabic: "ar",
  hindi: "hi",
  polish: "pl",
  turkish: "tr",
  swedish: "sv",
  norwegian: "no",
  danish: "da",
  finnish: "fi",
  greek: "el",
  hebrew: "he",
  czech: "cs",
  hungarian: "hu",
  romanian: "ro",
  ukrainian: "uk",
  vietnamese: "vi",
  thai: "th",
  indonesian: "id",
  latin: "la",
  irish: "ga",
  welsh: "cy",
  catalan: "ca",
  swahili: "sw",
  bengali: "bn",
  urdu: "ur",
};

/** The English name of a language. */
export const LANGUAGE = new RegExp(`(?<!\\p{L})(?:${Object.keys(LANGUAGES).join("|")})(?!\\p{L})`, "giu");

/** The ISO 639-1 code of a language that `LANGUAGE` matched. */
export function languageCode(name: string): string {
  return LANGUAGES[name.toLowerCase()] ?? name.toLowerCase();
}

/** Whole numbers written as words. */
export const NUMBER_WORDS: Readonly<Record<string, number>> = {
  zero: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  dozen: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
  hundred: 100,
  thousand: 1000,
  million: 1_000_000,
};
