import { expect, test } from "vitest";
import { isLocal, PROVIDERS, type Provider } from "../../src/models/providers.ts";
import { marked } from "./pages.ts";

function toRow(provider: Provider): string {
  const ids = [provider.id, ...(provider.aliases ?? [])].map((id) => `\`${id}\``).join(", ");
  const key = isLocal(provider) ? `none (${provider.baseUrl})` : provider.envVars.map((name) => `\`${name}\``).join(", ");
  const name = provider.package ? `\`${provider.package.name}\`` : "";
  return `| ${ids} | ${provider.name} | ${key} | ${name} | ${provider.baseUrl === null ? "no" : "yes"} |`;
}

test("the table of docs/models.md is the table of the source", () => {
  const rows = marked("docs/models.md", "providers").trim().split("\n").slice(2);
  expect(rows).toEqual(PROVIDERS.map(toRow));
});
