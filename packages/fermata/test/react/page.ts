/** What the browser runs in `browser.test.ts`: a page of an app that uses the hooks. */
import { createElement as h, type ReactElement } from "react";
import { createRoot } from "react-dom/client";
import { createClient, createClientTool } from "../../src/client/index.ts";
import { createHooks, textOf } from "../../src/react/index.ts";
import type { App } from "../client/app.ts";

const { FermataProvider, useAgent, useThread, useWorkflowRun } = createHooks<App>();
const client = createClient<App>({ baseUrl: "", reconnectDelayMs: 10 });

const clientTools = { location: createClientTool({ description: "The page's path", execute: () => window.location.pathname }) };

function Chat({ agent, threadId }: { agent: "guide" | "keeper"; threadId?: string }): ReactElement {
  const chat = useAgent(agent, { clientTools, ...(threadId !== undefined && { threadId, resourceId: "page-user" }) });
  const send = (form: FormData): void => {
    const text = form.get("text");
    if (typeof text === "string") void chat.send(text);
  };
  return h(
    "section",
    { id: agent },
    h("ol", {}, ...chat.messages.map((message) => h("li", { key: message.id }, `${message.role}: ${textOf(message)}`))),
    h("output", {}, chat.status),
    h("form", { action: send }, h("input", { name: "text" }), h("button", { type: "submit" }, "Send")),
    h("button", { className: "stop", onClick: () => chat.stop() }, "Stop"),
    ...chat.messages.flatMap(({ parts }) =>
      parts.flatMap((part) => {
        if (part.type !== "tool") return [];
        const { toolCallId, toolName, state } = part;
        if (state === "approval")
          return h("button", { key: toolCallId, onClick: () => void chat.approve(toolCallId) }, `Approve ${toolName}`);
        if (state !== "suspended") return h("code", { key: toolCallId }, `${toolName} ${state} ${JSON.stringify(part.result ?? null)}`);
        return h("button", { key: toolCallId, onClick: () => void chat.answer(toolCallId, { answer: "blue" }) }, `Answer ${toolName}`);
      }),
    ),
  );
}

function Thread(): ReactElement {
  const { thread, messages, isLoading, update } = useThread("page-thread", { agentId: "keeper", resourceId: "page-user" });
  return h(
    "section",
    { id: "thread" },
    h("h2", {}, isLoading ? "…" : (thread?.title ?? "untitled")),
    h("output", {}, String(messages.length)),
    h("button", { onClick: () => void update({ title: "Renamed" }) }, "Rename"),
  );
}

function Article(): ReactElement {
  const run = useWorkflowRun("article");
  return h(
    "section",
    { id: "article" },
    h("output", {}, run.status),
    h("pre", {}, JSON.stringify({ review: run.steps["review"]?.suspendPayload, result: run.result })),
    h("button", { onClick: () => void run.start({ text: "of a page" }) }, "Start"),
    h("button", { onClick: () => void run.resume({ ok: true }, "review") }, "Publish"),
    h("button", { onClick: () => run.reset() }, "Forget"),
  );
}

createRoot(document.querySelector("main")!).render(
  h(FermataProvider, { client }, h(Chat, { agent: "guide" }), h(Chat, { agent: "keeper", threadId: "page-thread" }), h(Thread), h(Article)),
);
