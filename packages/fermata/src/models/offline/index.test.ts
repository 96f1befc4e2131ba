import { describe, expect, test } from "vitest";
import { createOfflineModel } from "./index.ts";
import { ask, assistant, exchange, tool, user, weather } from "./scenario.ts";

const deleteFile = tool("delete_file", "Delete a file", { path: { type: "string", description: "Path of the file" } });
const sendEmail = tool("sendEmail", "Send an e-mail message", { to: { type: "string", format: "email" }, body: { type: "string" } });
const findContact = tool("find_contact", "Look up the e-mail address of a person", {
  name: { type: "string", description: "Name of the person" },
});

describe("what it is", () => {
  test("it says in its ids that it is offline", () => {
    const { specificationVersion, provider, modelId } = createOfflineModel();
    expect({ specificationVersion, provider, modelId }).toEqual({
      specificationVersion: "v4",
      provider: "fermata.offline",
      modelId: "offline",
    });
  });

  test("it warns with every answer that it is not a language model", async () => {
    const { warnings } = await createOfflineModel().doGenerate({ prompt: [user("hello")] });
    expect(warnings).toEqual([{ type: "other", message: expect.stringContaining("not a language model") }]);
  });

  test("small talk is answered with what it is, its tools and how to connect a real model", async () => {
    const { text } = await ask("hello", { tools: [weather] });
    expect(text).toMatch(/^Hello! I am the offline model.*get weather.*OPENAI_API_KEY/s);
  });

  test("the same message leads to the same call", async () => {
    const once = await ask("weather in Paris", { tools: [weather] });
    expect(await ask("weather in Paris", { tools: [weather] })).toEqual(once);
  });
});

describe("choosing a tool", () => {
  test("a list of places becomes one call for each", async () => {
    const { calls } = await ask("weather in Paris and Rome", { tools: [weather] });
    expect(calls).toEqual([
      { name: "get_weather", input: { city: "Paris" } },
      { name: "get_weather", input: { city: "Rome" } },
    ]);
  });

  test("a city with its country is one place", async () => {
    const { calls } = await ask("weather in Paris, Texas", { tools: [weather] });
    expect(calls).toEqual([{ name: "get_weather", input: { city: "Paris, Texas" } }]);
  });

  test("the same holds in lower case", async () => {
    expect((await ask("weather in paris, texas", { tools: [weather] })).calls).toHaveLength(1);
  });

  test("files with commas between them are a list", async () => {
    const { calls } = await ask("delete a.txt, b.txt", { tools: [deleteFile] });
    expect(calls).toEqual([
      { name: "delete_file", input: { path: "a.txt" } },
      { name: "delete_file", input: { path: "b.txt" } },
    ]);
  });

  test("a missing argument is asked for", async () => {
    const answer = await ask("what's the weather?", { tools: [weather] });
    expect(answer).toEqual({ calls: [], text: "I can use get weather for that, but I still need the city (name of the city)." });
  });

  test("the answer to that question completes the request", async () => {
    const prompt = [user("what's the weather?"), assistant("I can use get weather for that, but I still need the city."), user("Oslo")];
    expect((await ask(prompt, { tools: [weather] })).calls).toEqual([{ name: "get_weather", input: { city: "Oslo" } }]);
  });

  test("a question instead of that answer is not taken for it", async () => {
    const prompt = [
      user("delete the file"),
      assistant("I can use delete file for that, but I still need the path."),
      user("what can you do?"),
    ];
    expect((await ask(prompt, { tools: [deleteFile] })).calls).toEqual([]);
  });

  test("an order not to do something leads to no call", async () => {
    expect((await ask("Don't delete notes.txt", { tools: [deleteFile] })).calls).toEqual([]);
  });

  test("a sub-agent gets the whole message as its prompt", async () => {
    const agent = tool("agent-researcher", "Researches a topic in depth", { prompt: { type: "string" }, threadId: { type: "string" } }, [
      "prompt",
    ]);
    const { calls } = await ask("Ask the researcher about tidal power", { tools: [weather, agent] });
    expect(calls).toEqual([{ name: "agent-researcher", input: { prompt: "Ask the researcher about tidal power" } }]);
  });

  test("a workflow gets its input data filled", async () => {
    const workflow = tool("workflow-onboarding", "Onboards a new employee", {
      inputData: {
        type: "object",
        properties: { name: { type: "string", description: "Name of the person" }, email: { type: "string", format: "email" } },
        required: ["name", "email"],
      },
    });
    const { calls } = await ask("Onboard Ada Lovelace, ada@example.test", { tools: [weather, workflow] });
    expect(calls).toEqual([{ name: "workflow-onboarding", input: { inputData: { name: "Ada Lovelace", email: "ada@example.test" } } }]);
  });
});

describe("what is not asked for", () => {
  const alarm = tool("fire_alarm", "Trigger the fire alarm", {});

  test("a question is not an order to a tool that acts", async () => {
    expect((await ask("is there a fire?", { tools: [alarm] })).calls).toEqual([]);
  });

  test("the order itself is", async () => {
    expect((await ask("trigger the fire alarm", { tools: [alarm] })).calls).toEqual([{ name: "fire_alarm", input: {} }]);
  });

  test.each([
    "What's the population of the city of Rome?",
    "can I get the current exchange rate in London?",
    "Tell me about Paris",
    "I'm going to Tokyo",
  ])("%j does not call the only tool there is", async (message) => {
    expect((await ask(message, { tools: [weather] })).calls).toEqual([]);
  });
});

describe("tool choice", () => {
  test("none keeps it from calling", async () => {
    expect((await ask("weather in Paris", { tools: [weather], toolChoice: { type: "none" } })).calls).toEqual([]);
  });

  test("required makes it call even for small talk, with every required argument", async () => {
    const { calls } = await ask("hello", { tools: [weather], toolChoice: { type: "required" } });
    expect(calls).toEqual([{ name: "get_weather", input: { city: expect.any(String) } }]);
  });

  test("a named tool is the one that is called", async () => {
    const { calls } = await ask("weather in Paris", {
      tools: [weather, deleteFile],
      toolChoice: { type: "tool", toolName: "delete_file" },
    });
    expect(calls.map((call) => call.name)).toEqual(["delete_file"]);
  });

  test("required does not make it call again once a tool has answered", async () => {
    const prompt = [user("weather in Paris"), ...exchange("get_weather", { city: "Paris" }, { type: "json", value: { temperatureC: 20 } })];
    expect((await ask(prompt, { tools: [weather], toolChoice: { type: "required" } })).calls).toEqual([]);
  });
});

describe("after a tool has answered", () => {
  test("a result is told in a sentence", async () => {
    const prompt = [
      user("weather in Paris"),
      ...exchange(
        "get_weather",
        { city: "Paris" },
        { type: "json", value: { city: "Paris", temperatureC: 20, condition: "sunny", isRaining: false } },
      ),
    ];
    expect((await ask(prompt, { tools: [weather] })).text).toBe(
      "Weather (Paris): the temperature is 20 °C, the condition is sunny and it is not raining.",
    );
  });

  test.each([
    [
      "a failure is explained",
      { type: "error-text", value: "the disk is full" },
      "I tried delete file (a.txt), but it failed: the disk is full.",
    ],
    [
      "a failure inside a result is explained",
      { type: "json", value: { error: { message: "no such file" } } },
      "I tried delete file (a.txt), but it failed: no such file.",
    ],
    [
      "a refusal is explained",
      { type: "execution-denied", reason: "too risky" },
      "I did not run delete file (a.txt), because the call was not approved: too risky.",
    ],
  ] as const)("%s", async (_, output, text) => {
    const prompt = [user("delete a.txt"), ...exchange("delete_file", { path: "a.txt" }, output)];
    expect(await ask(prompt, { tools: [deleteFile] })).toEqual({ calls: [], text });
  });

  test("a second tool is called when the first one's result completes it", async () => {
    const prompt = [
      user("Look up Bob's address and then email him saying the build is green"),
      ...exchange("find_contact", { name: "Bob" }, { type: "json", value: { email: "bob@example.test" } }),
    ];
    expect((await ask(prompt, { tools: [findContact, sendEmail] })).calls).toEqual([
      { name: "sendEmail", input: { to: "bob@example.test", body: "the build is green" } },
    ]);
  });

  test("a second tool is not called when the first one failed", async () => {
    const prompt = [
      user("Look up Bob's address and then email him saying the build is green"),
      ...exchange("find_contact", { name: "Bob" }, { type: "json", value: { success: false, email: "bob@example.test" } }),
    ];
    expect((await ask(prompt, { tools: [findContact, sendEmail] })).calls).toEqual([]);
  });
});

test("a tool is not called twice for one message, even when its result would complete another call", async () => {
  const prompt = [
    user("what's the weather?"),
    ...exchange("get_weather", {}, { type: "json", value: { city: "Paris", temperatureC: 20 } }),
  ];
  expect((await ask(prompt, { tools: [weather] })).calls).toEqual([]);
});

describe("over several turns", () => {
  const past = [
    user("weather in Paris"),
    ...exchange("get_weather", { city: "Paris", units: "metric" }, { type: "json", value: { temperatureC: 20 } }),
    assistant("It is 20 °C."),
  ];

  test("a follow-up varies the call before", async () => {
    expect((await ask([...past, user("and in Oslo?")], { tools: [weather] })).calls).toEqual([
      { name: "get_weather", input: { city: "Oslo", units: "metric" } },
    ]);
  });

  test("again repeats the call before", async () => {
    expect((await ask([...past, user("again")], { tools: [weather] })).calls).toEqual([
      { name: "get_weather", input: { city: "Paris", units: "metric" } },
    ]);
  });

  test("it can say what it said", async () => {
    expect(await ask([...past, user("what did you just tell me?")], { tools: [weather] })).toEqual({
      calls: [],
      text: "I told you: It is 20 °C.",
    });
  });

  test("it remembers what it was told", async () => {
    expect((await ask([user("my name is Ada"), assistant("Noted."), user("what is my name?")], { tools: [weather] })).text).toBe(
      "You told me: your name is Ada.",
    );
  });

  test("it makes nothing up when it was told nothing", async () => {
    expect((await ask("what is my name?", { tools: [weather] })).text).toContain("offline model");
  });

  test("it remembers what the working memory holds", async () => {
    const system = { role: "system", content: "<working_memory_data>\n- My name is Ada\n</working_memory_data>" } as const;
    expect((await ask([system, user("what is my name?")])).text).toBe("You told me: your name is Ada.");
  });

  test("a new request is not mistaken for a follow-up", async () => {
    const { calls } = await ask([...past, user("and now delete notes.txt")], { tools: [weather, deleteFile] });
    expect(calls).toEqual([{ name: "delete_file", input: { path: "notes.txt" } }]);
  });

  test("a follow-up with two places is two calls", async () => {
    const { calls } = await ask([...past, user("what about Rome and Oslo?")], { tools: [weather] });
    expect(calls.map((call) => call.input)).toEqual([
      { city: "Rome", units: "metric" },
      { city: "Oslo", units: "metric" },
    ]);
  });

  test("a tool for working memory gets the fact and what it held before", async () => {
    const memory = tool("updateWorkingMemory", "Update the working memory", { memory: { type: "string" } });
    const system = { role: "system", content: "<working_memory_data>\n- likes tea\n</working_memory_data>" } as const;
    expect((await ask([system, user("My name is Ada")], { tools: [memory] })).calls).toEqual([
      { name: "updateWorkingMemory", input: { memory: "- likes tea\n- My name is Ada" } },
    ]);
  });
});
