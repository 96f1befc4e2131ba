/** A small climate table, and weather computed from it: the same city and day always give the same weather, without a network. */

/** Means of the coldest and the warmest time of the year are given for the middle of January and of July. */
interface Climate {
  readonly city: string;
  readonly country: string;
  readonly timeZone: string;
  /** Mean temperature in °C. */
  readonly januaryC: number;
  readonly julyC: number;
  /** The share of days with rain or snow, from 0 to 1. */
  readonly januaryRain: number;
  readonly julyRain: number;
}

type Row = readonly [
  city: string,
  country: string,
  timeZone: string,
  januaryC: number,
  julyC: number,
  januaryRain: number,
  julyRain: number,
];

const ROWS: readonly Row[] = [
  ["Amsterdam", "Netherlands", "Europe/Amsterdam", 4, 18, 0.6, 0.45],
  ["Athens", "Greece", "Europe/Athens", 10, 29, 0.4, 0.05],
  ["Auckland", "New Zealand", "Pacific/Auckland", 20, 11, 0.3, 0.6],
  ["Bangkok", "Thailand", "Asia/Bangkok", 27, 29, 0.05, 0.55],
  ["Barcelona", "Spain", "Europe/Madrid", 9, 24, 0.2, 0.1],
  ["Beijing", "China", "Asia/Shanghai", -3, 27, 0.06, 0.45],
  ["Berlin", "Germany", "Europe/Berlin", 1, 20, 0.5, 0.45],
  ["Bogotá", "Colombia", "America/Bogota", 13, 13, 0.3, 0.5],
  ["Brussels", "Belgium", "Europe/Brussels", 3, 18, 0.6, 0.45],
  ["Bucharest", "Romania", "Europe/Bucharest", -1, 24, 0.35, 0.3],
  ["Budapest", "Hungary", "Europe/Budapest", 1, 23, 0.4, 0.3],
  ["Buenos Aires", "Argentina", "America/Argentina/Buenos_Aires", 25, 11, 0.3, 0.25],
  ["Cairo", "Egypt", "Africa/Cairo", 14, 29, 0.1, 0],
  ["Cape Town", "South Africa", "Africa/Johannesburg", 21, 12, 0.1, 0.4],
  ["Chicago", "United States", "America/Chicago", -4, 24, 0.35, 0.3],
  ["Copenhagen", "Denmark", "Europe/Copenhagen", 1, 18, 0.5, 0.4],
  ["Delhi", "India", "Asia/Kolkata", 14, 31, 0.06, 0.5],
  ["Dubai", "United Arab Emirates", "Asia/Dubai", 19, 36, 0.06, 0],
  ["Dublin", "Ireland", "Europe/Dublin", 5, 15, 0.55, 0.5],
  ["Edinburgh", "United Kingdom", "Europe/London", 4, 15, 0.55, 0.45],
  ["Geneva", "Switzerland", "Europe/Zurich", 2, 20, 0.4, 0.35],
  ["Hamburg", "Germany", "Europe/Berlin", 2, 18, 0.6, 0.5],
  ["Hanoi", "Vietnam", "Asia/Bangkok", 17, 29, 0.3, 0.55],
  ["Helsinki", "Finland", "Europe/Helsinki", -4, 18, 0.55, 0.4],
  ["Hong Kong", "Hong Kong", "Asia/Hong_Kong", 16, 29, 0.18, 0.55],
  ["Istanbul", "Turkey", "Europe/Istanbul", 6, 24, 0.5, 0.12],
  ["Jakarta", "Indonesia", "Asia/Jakarta", 27, 28, 0.65, 0.25],
  ["Johannesburg", "South Africa", "Africa/Johannesburg", 20, 11, 0.5, 0.03],
  ["Kyiv", "Ukraine", "Europe/Kyiv", -4, 21, 0.5, 0.4],
  ["Lagos", "Nigeria", "Africa/Lagos", 27, 25, 0.06, 0.55],
  ["Lima", "Peru", "America/Lima", 23, 17, 0.02, 0.06],
  ["Lisbon", "Portugal", "Europe/Lisbon", 12, 23, 0.45, 0.05],
  ["London", "United Kingdom", "Europe/London", 5, 19, 0.5, 0.35],
  ["Los Angeles", "United States", "America/Los_Angeles", 14, 22, 0.2, 0.01],
  ["Madrid", "Spain", "Europe/Madrid", 6, 26, 0.25, 0.06],
  ["Melbourne", "Australia", "Australia/Melbourne", 21, 10, 0.25, 0.5],
  ["Mexico City", "Mexico", "America/Mexico_City", 14, 18, 0.08, 0.65],
  ["Montreal", "Canada", "America/Toronto", -9, 22, 0.5, 0.4],
  ["Moscow", "Russia", "Europe/Moscow", -6, 19, 0.6, 0.45],
  ["Mumbai", "India", "Asia/Kolkata", 24, 28, 0.01, 0.75],
  ["Munich", "Germany", "Europe/Berlin", 0, 19, 0.45, 0.5],
  ["Nairobi", "Kenya", "Africa/Nairobi", 20, 17, 0.2, 0.15],
  ["New York", "United States", "America/New_York", 1, 25, 0.35, 0.35],
  ["Oslo", "Norway", "Europe/Oslo", -4, 18, 0.4, 0.45],
  ["Paris", "France", "Europe/Paris", 5, 20, 0.5, 0.35],
  ["Prague", "Czechia", "Europe/Prague", 0, 20, 0.45, 0.4],
  ["Reykjavik", "Iceland", "Atlantic/Reykjavik", 1, 12, 0.6, 0.45],
  ["Rio de Janeiro", "Brazil", "America/Sao_Paulo", 27, 22, 0.4, 0.2],
  ["Rome", "Italy", "Europe/Rome", 8, 26, 0.3, 0.08],
  ["San Francisco", "United States", "America/Los_Angeles", 11, 16, 0.35, 0.01],
  ["Santiago", "Chile", "America/Santiago", 21, 9, 0.02, 0.25],
  ["São Paulo", "Brazil", "America/Sao_Paulo", 23, 17, 0.6, 0.15],
  ["Seattle", "United States", "America/Los_Angeles", 5, 19, 0.6, 0.15],
  ["Seoul", "South Korea", "Asia/Seoul", -2, 25, 0.2, 0.5],
  ["Shanghai", "China", "Asia/Shanghai", 5, 29, 0.3, 0.4],
  ["Singapore", "Singapore", "Asia/Singapore", 27, 28, 0.45, 0.45],
  ["Stockholm", "Sweden", "Europe/Stockholm", -1, 19, 0.45, 0.4],
  ["Sydney", "Australia", "Australia/Sydney", 24, 13, 0.35, 0.3],
  ["Tokyo", "Japan", "Asia/Tokyo", 5, 26, 0.15, 0.4],
  ["Toronto", "Canada", "America/Toronto", -4, 22, 0.45, 0.35],
  ["Vancouver", "Canada", "America/Vancouver", 4, 18, 0.6, 0.2],
  ["Vienna", "Austria", "Europe/Vienna", 1, 22, 0.4, 0.4],
  ["Warsaw", "Poland", "Europe/Warsaw", -2, 20, 0.5, 0.45],
  ["Zurich", "Switzerland", "Europe/Zurich", 1, 19, 0.45, 0.45],
];

const CLIMATES: ReadonlyMap<string, Climate> = new Map(
  ROWS.map(([city, country, timeZone, januaryC, julyC, januaryRain, julyRain]) => [
    toKey(city),
    { city, country, timeZone, januaryC, julyC, januaryRain, julyRain },
  ]),
);

/** The city with this name, whatever its case and accents are. @throws Error when it is not in the table. */
export function findCity(name: string): Climate {
  const found = CLIMATES.get(toKey(name)) ?? CLIMATES.get(toKey(name.split(",")[0] ?? ""));
  if (found) return found;
  throw new Error(`${name} is not among the ${ROWS.length} cities of this example. Try Lisbon, Tokyo, New York or another large city.`);
}

function toKey(name: string): string {
  return name.normalize("NFD").replace(/\p{M}/gu, "").trim().toLowerCase();
}

export type Condition = "sunny" | "partly cloudy" | "cloudy" | "rain" | "snow";

export interface Weather {
  readonly condition: Condition;
  readonly lowC: number;
  readonly highC: number;
  readonly chanceOfRainPercent: number;
  readonly windKmh: number;
}

/** The weather of a city on a day (`YYYY-MM-DD`). */
export function weatherOn(climate: Climate, date: string): Weather {
  const chance = noise(climate.city, date);
  const summer = (1 + Math.cos(((dayOfYear(date) - 196) / 365) * 2 * Math.PI)) / 2; // 1 in the middle of July, 0 in the middle of January
  const rain = climate.januaryRain + (climate.julyRain - climate.januaryRain) * summer;
  const isWet = chance() < rain;
  const mean = climate.januaryC + (climate.julyC - climate.januaryC) * summer + (chance() - 0.5) * 7 - (isWet ? 1 : 0);
  const spread = isWet ? 2 + chance() * 2 : 3 + chance() * 3;
  const dry = (["sunny", "sunny", "partly cloudy", "cloudy"] as const)[Math.floor(chance() * 4)] ?? "sunny";
  return {
    condition: isWet ? (mean < 0.5 ? "snow" : "rain") : dry,
    lowC: Math.round(mean - spread),
    highC: Math.round(mean + spread),
    chanceOfRainPercent: Math.round((isWet ? 0.6 + chance() * 0.35 : rain * 0.6 * chance()) * 20) * 5,
    windKmh: Math.round(5 + chance() * 25 + (isWet ? 8 : 0)),
  };
}

function dayOfYear(date: string): number {
  const time = Date.parse(`${date}T00:00:00Z`);
  return (time - Date.UTC(new Date(time).getUTCFullYear(), 0, 1)) / 86_400_000;
}

/** Numbers from 0 to 1 that depend on nothing but the city and the day. */
function noise(city: string, date: string): () => number {
  let state = 0x811c9dc5;
  for (const char of `${city} ${date}`) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Today in the city, as `YYYY-MM-DD`. */
export function todayIn({ timeZone }: Climate, now = new Date()): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(now);
}
