/** Every route of the contract has a method in the client, which sends what the contract says. */
import { expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { contract } from "../../src/contract/index.ts";
import type { RouteSpec } from "../../src/contract/route.ts";

const routes = Object.entries(contract).flatMap(([group, specs]) =>
  Object.entries(specs as Readonly<Record<string, RouteSpec>>).map(([name, spec]) => ({ id: `${group}.${name}`, group, name, spec })),
);

type Methods = Readonly<Record<string, Readonly<Record<string, (args: object) => Promise<unknown>>>>>;

test.each(routes)("$id sends its method to its path", async ({ group, name, spec }) => {
  const sent: string[] = [];
  const client = createClient({
    baseUrl: "http://server",
    apiPrefix: "/v2",
    fetch: async (url, init) => {
      sent.push(`${init?.method ?? ""} ${typeof url === "string" ? url : ""}`);
      return new Response("{}");
    },
  });
  const params = Object.fromEntries([...spec.path.matchAll(/:(\w+)/g)].map(([, key = ""]) => [key, `a ${key}`]));
  const methods = client as unknown as Methods; // by name, as the compiler knows them by type
  await methods[group]![name]!({ params });
  expect(sent).toEqual([`${spec.method} http://server/v2${spec.path.replaceAll(/:(\w+)/g, "a%20$1")}`]);
});
