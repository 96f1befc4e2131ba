/**
 * Serves the weather agent, asks it one question over HTTP, shows the answer as it streams, and goes on serving.
 * `--once` ends after the answer.
 */
import { FermataError, serve, type RunningServer } from "fermata";
import { ask } from "./ask.ts";
import { mastra } from "./mastra/index.ts";
import { bold, complain, dim, say, showAnswer } from "./show.ts";

const QUESTION = "What is the weather in Lisbon tomorrow, and what time is it in Tokyo?";

const once = process.argv.includes("--once");
const server = await start();
if (server) {
  const isWell = await demonstrate(server);
  if (once) {
    await server.close();
    process.exitCode = isWell ? 0 : 1;
  } else {
    await showWhereToLook(server);
    process.once("SIGINT", () => say("\nStopping."));
  }
}

async function start(): Promise<RunningServer | undefined> {
  try {
    return await serve(mastra);
  } catch (error) {
    process.exitCode = 1;
    if (isTaken(error)) complain(`Port ${error.port} is taken by another program. Choose another one: PORT=${error.port + 1} npm run demo`);
    else if (FermataError.is(error)) complain(error.message);
    else throw error;
    return undefined;
  }
}

function isTaken(error: unknown): error is { readonly port: number } {
  return error instanceof Error && "code" in error && error.code === "EADDRINUSE" && "port" in error && typeof error.port === "number";
}

async function demonstrate({ url }: RunningServer): Promise<boolean> {
  say(`${bold("Fermata")} serves the weather agent on ${bold(url)}`);
  await sayWhoAnswers();
  say();
  say(`${bold("You")}    ${QUESTION}`);
  say(bold("Agent"));
  try {
    return await showAnswer(ask(`${url}/api/agents/weather/stream`, QUESTION));
  } catch (error) {
    complain(error instanceof Error ? error.message : String(error));
    return false;
  } finally {
    say();
  }
}

async function sayWhoAnswers(): Promise<void> {
  const [candidate] = await mastra.getAgent("weather").getModels();
  const { provider, modelId } = candidate?.model ?? {};
  if (provider !== "fermata.offline") return say(dim(`Model: ${provider}/${modelId}`));
  const reason = process.env.FERMATA_MODEL ? "FERMATA_MODEL says so" : "no provider key is set";
  say(dim(`Model: offline, because ${reason}: fixed rules answer, not a language model.`));
  say(dim("       With a key, for example OPENAI_API_KEY, the same agent uses that provider."));
}

async function showWhereToLook({ url }: RunningServer): Promise<void> {
  const places: readonly (readonly [string, string])[] = [
    ["API", "/api/agents"],
    ["OpenAPI", "/api/openapi.json"],
    ["Swagger UI", "/swagger-ui"],
  ];
  // In production the document and the page are off: what does not answer is not shown.
  for (const [name, path] of places) if (await answers(`${url}${path}`)) say(`${name.padEnd(11)} ${url}${path}`);
  say("Ask it yourself:");
  say(`  curl -N ${url}/api/agents/weather/stream -H 'content-type: application/json' -d '{"messages":"What time is it in Tokyo?"}'`);
  say(dim("Ctrl-C stops the server."));
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { method: "HEAD" });
  return response.ok;
}
