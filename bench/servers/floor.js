/**
 * The floor: the same routes on Hono and the model interface alone. No validation, no run, no history, no projection:
 * nobody could serve agents like this, and nobody who uses these two can be cheaper.
 * What the contract makes every server send, it sends too: its list is static, its generate replies carry live text in a static body.
 *
 * @import { LanguageModelV2Message, LanguageModelV2Prompt, LanguageModelV2ToolCall } from '@ai-sdk/provider'
 */
import { randomUUID } from "node:crypto";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { model } from "../model.js";
import agents from "./agents.json" with { type: "json" };
import { weather } from "./app.js";
import reply from "./generate-reply.json" with { type: "json" };
import toolReply from "./generate-tool-reply.json" with { type: "json" };
import { run } from "./process.js";

const encoder = new TextEncoder();
const sse = { "content-type": "text/event-stream", "cache-control": "no-cache", "x-accel-buffering": "no" };

const app = new Hono();
app.get("/api/agents", (c) => c.json(agents));
app.post("/api/agents/:id/tools/:tool/execute", async (c) => c.json(weather((await c.req.json()).data)));
app.post("/api/agents/:id/generate", async (c) => {
  const prompt = firstPrompt((await c.req.json()).messages);
  const abortSignal = c.req.raw.signal;
  /** @type {object} */
  let frame = reply;
  for (;;) {
    const { content, finishReason, usage } = await model.doGenerate({ prompt, abortSignal });
    const call = content.find((part) => part.type === "tool-call");
    if (call) {
      prompt.push(...runTool(call).messages);
      frame = toolReply;
    } else return c.json({ ...frame, text: content.map((part) => (part.type === "text" ? part.text : "")).join(""), finishReason, usage });
  }
});
app.post("/api/agents/:id/stream", async (c) => {
  const prompt = firstPrompt((await c.req.json()).messages);
  const body = new ReadableStream({
    start: (controller) => void stream({ prompt, abortSignal: c.req.raw.signal }, c.req.param("id"), controller),
  });
  return new Response(body, { headers: sse });
});

/** @param {{ prompt: LanguageModelV2Prompt, abortSignal: AbortSignal }} options @param {string} agentId @param {ReadableStreamDefaultController<Uint8Array>} controller */
async function stream(options, agentId, controller) {
  const runId = randomUUID();
  const messageId = randomUUID();
  const send = (/** @type {string} */ type, /** @type {object} */ payload) =>
    controller.enqueue(encoder.encode(`data: ${JSON.stringify({ type, runId, from: "AGENT", payload })}\n\n`));
  send("start", { id: agentId, messageId });
  for (let again = true; again;) {
    again = false;
    send("step-start", { messageId, startedAt: Date.now() });
    const reader = (await model.doStream(options)).stream.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const part = next.value;
      if (part.type === "text-delta") send("text-delta", { id: part.id, text: part.delta });
      else if (part.type === "text-start" || part.type === "text-end") send(part.type, { id: part.id });
      else if (part.type === "tool-input-start") send("tool-call-input-streaming-start", { toolCallId: part.id, toolName: part.toolName });
      else if (part.type === "tool-input-delta") send("tool-call-delta", { toolCallId: part.id, argsTextDelta: part.delta });
      else if (part.type === "tool-input-end") send("tool-call-input-streaming-end", { toolCallId: part.id });
      else if (part.type === "tool-call") {
        const { args, result, messages } = runTool(part);
        send("tool-call", { toolCallId: part.toolCallId, toolName: part.toolName, args });
        send("tool-result", { toolCallId: part.toolCallId, toolName: part.toolName, args, result });
        options.prompt.push(...messages);
        again = true;
      } else if (part.type === "finish")
        send(again ? "step-finish" : "finish", { messageId, stepResult: { reason: part.finishReason }, output: { usage: part.usage } });
    }
  }
  controller.enqueue(encoder.encode("data: [DONE]\n\n"));
  controller.close();
}

/** @param {string} text @returns {LanguageModelV2Prompt} */
function firstPrompt(text) {
  return [
    { role: "system", content: "You are a helpful assistant." },
    { role: "user", content: [{ type: "text", text }] },
  ];
}

/** @param {LanguageModelV2ToolCall} call @returns {{ args: unknown, result: unknown, messages: LanguageModelV2Message[] }} */
function runTool({ toolCallId, toolName, input }) {
  const args = JSON.parse(input);
  const result = weather(args);
  const messages = /** @type {LanguageModelV2Message[]} */ ([
    { role: "assistant", content: [{ type: "tool-call", toolCallId, toolName, input: args }] },
    { role: "tool", content: [{ type: "tool-result", toolCallId, toolName, output: { type: "json", value: result } }] },
  ]);
  return { args, result, messages };
}

run(serve, app);
