/** Sends the requests of the given transcripts to a running server, in the order in which they were recorded, and compares the replies. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isPeer, startServer } from "../running-server.ts";
import type { RunningServer } from "../running-server.ts";
import { FOLLOWS, MEANWHILE, OPENINGS, requestNow, waitingCall } from "./carried.ts";
import { compareResponses } from "./compare.ts";
import { allowedDifferences, laterReason } from "./later.ts";
import { isObject, readTranscripts, record, transcriptFolder } from "./transcript.ts";
import type { Transcript } from "./transcript.ts";

const AREAS = ["agents", "stream", "tools", "system", "memory", "vector", "responses", "conversations"];
/** Parts of the model's request, of an agent's instructions and of server errors that the application plants, or that would give the server away. */
const SECRETS = ["SECRET_SYSTEM_PROMPT", "sk-secret", "SECRET-INSTRUCTIONS", "x-mock", '"stack"', '\\"stack\\"', "node_modules"];

/** Which of the secrets a reply carries. */
function leaksOf({ response }: Transcript): string[] {
  const text = JSON.stringify(response);
  return SECRETS.filter((secret) => text.includes(secret));
}

/** Milliseconds in which everything has happened that a case without an end shows. */
const FOLLOWED_MS = 3_000;

/** Reads a reply that does not end, and asks meanwhile for what it is to show. */
async function follow(base: string, name: string, request: Transcript["request"]): Promise<Transcript> {
  const followed = record(base, name, request, FOLLOWED_MS);
  await delay(200); // until it is open
  for (const asked of MEANWHILE[name] ?? []) {
    const isAnswer = asked.path.endsWith("/send-tool-approval");
    const body = isAnswer && isObject(asked.body) ? { ...asked.body, toolCallId: await waitingCall(base, asked) } : asked.body;
    await fetch(base + asked.path, { method: asked.method, headers: asked.headers, body: JSON.stringify(body) });
  }
  return followed;
}

const given = readTranscripts(AREAS);

if (given.length === 0) test.skip(`recorded transcripts (there are none in ${transcriptFolder})`);

describe.skipIf(given.length === 0)("recorded transcripts", () => {
  for (const area of AREAS) {
    describe(area, () => {
      let server: RunningServer;
      const sent = new Map<string, Promise<Transcript>>();
      beforeAll(async () => void (server = await startServer()));
      afterAll(() => server?.[Symbol.asyncDispose]());

      /** Sends a request once, whoever asks for it. */
      const send = (name: string, request: Transcript["request"]): Promise<Transcript> => {
        const earlier = sent.get(name);
        if (earlier) return earlier;
        const now = MEANWHILE[name] ? follow(server.url, name, request) : record(server.url, name, request);
        sent.set(name, now);
        return now;
      };

      for (const transcript of given.filter(({ name }) => name.startsWith(`${area}-`))) {
        const reason = laterReason(transcript.name);
        if (reason !== undefined) {
          test.skip(`${transcript.name} (later: ${reason})`);
          continue;
        }
        test(`${transcript.name} agrees`, async () => {
          const follows = FOLLOWS[transcript.name];
          const openingRequest = follows === undefined ? undefined : OPENINGS[follows];
          const opening = follows !== undefined && openingRequest ? await send(follows, openingRequest) : undefined;
          const ours = await send(transcript.name, requestNow(transcript, opening));
          const differences = compareResponses(transcript.response, ours.response).sort();
          expect(differences).toEqual(allowedDifferences(transcript.name, isPeer ? "peer" : "ours"));
          expect(isPeer ? [] : leaksOf(ours)).toEqual([]);
        });
      }
    });
  }
});
