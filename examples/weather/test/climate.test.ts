import { expect, test } from "vitest";
import { findCity, todayIn, weatherOn } from "../src/mastra/climate.ts";

test("the same city and day always have the same weather", () => {
  expect(weatherOn(findCity("Lisbon"), "2026-11-24")).toEqual(weatherOn(findCity("Lisbon"), "2026-11-24"));
});

test("a city is found in any case and without its accents", () => {
  expect(findCity("  sao paulo").city).toBe("São Paulo");
  expect(findCity("Lisbon, Portugal").city).toBe("Lisbon");
});

test("July is warmer than January in the north and colder in the south", () => {
  const july = (city: string) => meanHigh(city, "07");
  const january = (city: string) => meanHigh(city, "01");
  expect(july("Madrid")).toBeGreaterThan(january("Madrid") + 10);
  expect(july("Sydney")).toBeLessThan(january("Sydney") - 5);
});

test("today is the day of the city, not of the server", () => {
  const now = new Date("2026-11-23T23:30:00Z");
  expect(todayIn(findCity("Tokyo"), now)).toBe("2026-11-24");
  expect(todayIn(findCity("Lima"), now)).toBe("2026-11-23");
});

test("an unknown city is refused by name", () => {
  expect(() => findCity("Atlantis")).toThrow("Atlantis is not among the 64 cities of this example.");
});

function meanHigh(city: string, month: string): number {
  const days = Array.from(
    { length: 28 },
    (_, index) => weatherOn(findCity(city), `2026-${month}-${String(index + 1).padStart(2, "0")}`).highC,
  );
  return days.reduce((sum, high) => sum + high, 0) / days.length;
}
