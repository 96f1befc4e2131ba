import { expect, test } from "vitest";
import { PROVIDERS, describeProviders, findProvider, redirectedBaseUrl } from "./providers.ts";

test("a description has every member, and connected says whether a key is set", () => {
  const all = describeProviders({ GROQ_API_KEY: "k", GEMINI_API_KEY: "k" });
  const byId = Object.fromEntries(all.map((provider) => [provider.id, provider]));
  expect(byId.groq).toEqual({
    id: "groq", name: "Groq", label: "Groq", description: "", envVar: "GROQ_API_KEY", connected: true,
    docUrl: "https://console.groq.com/docs/models", models: findProvider("groq")?.models,
  }); // prettier-ignore
  expect(byId.google).toMatchObject({ envVar: "GEMINI_API_KEY", connected: true });
  expect(byId.openai).toMatchObject({ envVar: "OPENAI_API_KEY", connected: false });
  expect(byId.ollama).toMatchObject({ envVar: "OLLAMA_BASE_URL", connected: false });
});
test("no key is in a description", () => {
  expect(JSON.stringify(describeProviders({ OPENAI_API_KEY: "sk-secret" }))).not.toContain("sk-secret");
});
test("every name of a provider belongs to one provider", () => {
  const names = PROVIDERS.flatMap(({ id, aliases }) => [id, ...(aliases ?? [])]);
  expect(new Set(names).size).toBe(names.length);
});
test("every provider can be reached: by an address or by a package", () => {
  expect(PROVIDERS.filter((provider) => provider.baseUrl === null && provider.package === null)).toEqual([]);
});
test("an address can be redirected under any name of the provider", () => {
  expect(redirectedBaseUrl("fireworks", { FIREWORKS_AI_BASE_URL: "http://a" })).toBe("http://a");
  expect(redirectedBaseUrl("fireworks-ai", { FIREWORKS_BASE_URL: "http://b" })).toBe("http://b");
  expect(redirectedBaseUrl("my.own", { MY_OWN_BASE_URL: "http://c" })).toBe("http://c");
});
