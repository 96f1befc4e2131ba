/** What is asked of the routes of threads as mailboxes: messages that wake a turn, steer it, fail and are refused, and threads that are followed. */
import { call, type Ask, type Seen } from "./call-route.ts";
import type { TestServer } from "./test-server.ts";

const SAYS = ["hello", "fail", "tool:fails", "tool:guarded", "tool:agent-child"];

const thread = (): { readonly threadId: string; readonly resourceId: string } => ({ threadId: crypto.randomUUID(), resourceId: "r" });

/** What a follower sees of a thread up to the end of the turn that a message wakes, or to its wait. */
async function followed(server: TestServer, message: string): Promise<Seen> {
  const place = thread();
  const connection = new AbortController();
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${server.api}/agents/main/threads/subscribe`, {
    method: "POST",
    headers,
    body: JSON.stringify(place),
    signal: connection.signal,
  });
  await call(server, "POST", "/agents/main/send-message", { ...place, message });
  let body = "";
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  while (!/"type":"(finish|tool-call-approval)".*\n\n/.test(body)) {
    const more = await reader?.read();
    if (!more || more.done) break;
    body += more.value;
  }
  connection.abort();
  const type = response.headers.get("content-type") ?? "";
  body = body.replace(": connected\n\n", "");
  return { status: response.status, body, type, all: `${JSON.stringify([...response.headers])}\n${body}` };
}

const sends =
  (path: string, wrap: (contents: string) => object): Ask =>
  async (server) => {
    const replies: Seen[] = [];
    for (const says of SAYS) replies.push(await call(server, "POST", `/agents/main/${path}`, { ...thread(), ...wrap(says) }));
    replies.push(await call(server, "POST", `/agents/main/${path}`, { ...thread(), ...wrap("x"), ifIdle: { behavior: "discard" } }));
    replies.push(await call(server, "POST", `/agents/main/${path}`, { ...wrap("x"), runId: "unknown" }));
    replies.push(await call(server, "POST", `/agents/main/${path}`, wrap("x")));
    return replies;
  };

export const MAIL_ROUTES: Readonly<Record<string, Ask>> = {
  "agents.sendMessage": sends("send-message", (message) => ({ message })),
  "agents.queueMessage": sends("queue-message", (message) => ({ message: { contents: message, attributes: { from: "web" } } })),
  "agents.sendSignal": sends("signals", (contents) => ({ signal: { type: "notification", contents } })),
  "agents.subscribeToThread": async (server) => [
    ...(await Promise.all(SAYS.map((says) => followed(server, says)))),
    await call(server, "POST", "/agents/unknown/threads/subscribe", thread()),
  ],
  "agents.abortThread": async (server) => [
    await call(server, "POST", "/agents/main/threads/abort", thread()),
    await call(server, "POST", "/agents/unknown/threads/abort", thread()),
  ],
  "agents.sendToolApproval": async (server) => {
    const { body } = await call(server, "POST", "/agents/main/generate", {
      messages: "tool:guarded",
      memory: { thread: "approved", resource: "r" },
    });
    const { suspendPayload } = JSON.parse(body) as { suspendPayload: { toolCallId: string } };
    const answer = { threadId: "approved", resourceId: "r", approved: true, toolCallId: suspendPayload.toolCallId };
    return [
      await call(server, "POST", "/agents/main/send-tool-approval", answer),
      await call(server, "POST", "/agents/main/send-tool-approval", answer),
      await call(server, "POST", "/agents/main/send-tool-approval", { ...answer, toolCallId: "unknown" }),
    ];
  },
};
