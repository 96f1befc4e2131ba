import type { Context } from "hono";
import type { StreamFraming } from "../../contract/route.ts";
import type { AppEnv } from "../../mastra.ts";
import { streamReply } from "../wire/event-stream.ts";
import { toJson } from "../../schema/json-text.ts";
import { isChunk, projectChunk } from "../wire/projection.ts";

type Streamable = AsyncIterable<unknown> | { readonly fullStream: AsyncIterable<unknown> };

export function isStreamable(value: unknown): value is Streamable {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || "fullStream" in value);
}

const HEARTBEAT_MS = 15_000;

/** Chunks of the app's own as a reply. Those of runs are shown as the API shows them, others as they are. */
export function streamOf(source: Streamable, framing: StreamFraming, c: Context<AppEnv>): Response {
  const chunks = "fullStream" in source ? source.fullStream : source;
  const frame = (chunk: unknown): string => (framing === "sse" ? `data: ${toJson(chunk)}\n\n` : `${toJson(chunk)}\u001e`);
  let isRead = true;
  const mastra = c.get("mastra");
  return streamReply(
    {
      runId: "",
      async start(sink) {
        for await (const chunk of chunks) {
          if (!isRead) break; // which also tells the source
          await sink.push(chunk as Parameters<typeof sink.push>[0]); // written by the encoder below, which takes anything
        }
        return undefined;
      },
    },
    {
      framing,
      encoder: {
        encode(chunk: unknown) {
          const shown = isChunk(chunk) ? projectChunk(chunk, "public") : chunk;
          return shown === undefined ? undefined : frame(shown);
        },
        end: () => (framing === "sse" ? "data: [DONE]\n\n" : ""),
      },
      audience: "public",
      logger: mastra.getLogger(),
      heartbeatMs: HEARTBEAT_MS,
      onCancel: () => (isRead = false),
      maxMs: mastra.getServer().limits?.streamMs,
      onExpire: () => (isRead = false),
    },
  );
}
