/** The client's side: one question over HTTP, and the events of the answer as they come. */
import type { AgentChunk } from "fermata";

/** @throws Error with the server's message when it refuses the question. */
export async function* ask(url: string, question: string): AsyncGenerator<AgentChunk> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages: question }),
  });
  if (!response.ok || !response.body) throw new Error(`${response.status} ${await response.text()}`);
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const frames = (rest + text).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      if (!frame.startsWith("data: ")) continue; // a comment that keeps the connection alive
      const data = frame.slice("data: ".length);
      if (data === "[DONE]") return;
      yield JSON.parse(data) as AgentChunk; // what the server says in its OpenAPI document
    }
  }
  throw new Error("The answer ended in the middle.");
}
