/** What can be asked of the routes of workflows: all that they answer, failures included. */
import { call, type Ask, type Seen } from "./call-route.ts";
import type { TestServer } from "./test-server.ts";

type Question = readonly [method: string, path: string, body?: object];

const ask =
  (...questions: readonly Question[]): Ask =>
  async (server) => {
    const replies: Seen[] = [];
    for (const [method, path, body] of questions) replies.push(await call(server, method, `/workflows${path}`, body));
    return replies;
  };

/** Questions about a run that has been started, and that waits or has failed. */
const askOf =
  (workflow: string, questions: (runId: string) => readonly Question[], start: object = {}): Ask =>
  async (server) => {
    const runId = crypto.randomUUID();
    await call(server, "POST", `/workflows/${workflow}/start-async?runId=${runId}`, { inputData: {}, ...start });
    return ask(...questions(runId))(server);
  };

const together =
  (...asks: readonly Ask[]): Ask =>
  async (server) =>
    (await Promise.all(asks.map((one) => one(server)))).flat();

/** A stream that is cancelled from another connection. */
async function cancelled(server: TestServer): Promise<Seen[]> {
  const runId = crypto.randomUUID();
  const streamed = call(server, "POST", `/workflows/deaf/stream?runId=${runId}`, { inputData: {} });
  for (let tries = 0; tries < 100; tries++) {
    const { status } = await call(server, "POST", `/workflows/deaf/runs/${runId}/cancel`);
    if (status === 200) break;
  }
  return [await streamed];
}

const OK = { resumeData: { ok: true } };
const id = (): string => crypto.randomUUID();
const resumes = (path: string): Ask =>
  askOf("all", (runId) => [
    ["POST", `/all/${path}?runId=${runId}`, { resumeData: { ok: 1 } }],
    ["POST", `/all/${path}?runId=${runId}`, { step: "nowhere", ...OK }],
    ["POST", `/all/${path}?runId=${runId}`, OK],
    ["POST", `/all/${path}?runId=${runId}`, OK],
    ["POST", `/all/${path}?runId=ghost`, OK],
  ]);
const travels = (path: string): Ask =>
  askOf("failing", (runId) => [
    ["POST", `/failing/${path}?runId=${runId}`, { step: "inner.throws", inputData: {} }],
    ["POST", `/failing/${path}?runId=${runId}`, { step: "nowhere" }],
    ["POST", `/failing/${path}?runId=ghost`, { step: "inner" }],
  ]);
const restarts = (path: string): Ask =>
  askOf("failing", (runId) => [
    ["POST", `/failing/${path}?runId=${runId}`, {}],
    ["POST", `/failing/${path}?runId=ghost`, {}],
  ]);
const streams = (path: string): Ask =>
  together(
    ask(
      ["POST", `/all/${path}?runId=${id()}`, { inputData: {} }],
      ["POST", `/all/${path}?runId=${id()}`, { inputData: {}, perStep: true }],
      ["POST", `/failing/${path}?runId=${id()}`, { inputData: {} }],
      ["POST", `/all/${path}?runId=${id()}`, { inputData: { n: "x" } }],
      ["POST", `/all/${path}`, { inputData: {} }],
      ["POST", `/nobody/${path}?runId=x`, { inputData: {} }],
    ),
    path === "stream" ? cancelled : ask(),
  );
const observes = (path: string): Ask =>
  together(
    askOf("all", (runId) => [
      ["POST", `/all/${path}?runId=${runId}`],
      ["POST", `/all/${path}?runId=ghost`],
    ]),
    askOf("failing", (runId) => [["POST", `/failing/${path}?runId=${runId}`]]),
  );
const takesUp = (path: string): Ask => ask(["POST", `/all/${path}`], ["POST", `/nobody/${path}`]);

export const WORKFLOW_ROUTES: Readonly<Record<string, Ask>> = {
  "workflows.list": ask(["GET", ""], ["GET", "?partial=true"], ["GET", "?partial=1&partial=2"]),
  "workflows.runCounts": ask(["GET", "/run-counts"], ["GET", "/run-counts?requestContext=1&requestContext=2"]),
  "workflows.get": ask(["GET", "/all"], ["GET", "/failing"], ["GET", "/nobody"]),
  "workflows.listRuns": askOf("failing", () => [
    ["GET", "/failing/runs"],
    ["GET", "/failing/runs?status=failed&perPage=1"],
    ["GET", "/failing/runs?page=x"],
  ]),
  "workflows.getRun": together(
    askOf("all", (runId) => [
      ["GET", `/all/runs/${runId}`],
      ["GET", `/all/runs/${runId}?fields=result,error,payload,steps`],
      ["GET", `/all/runs/${runId}?fields=status`],
      ["GET", "/all/runs/ghost"],
    ]),
    askOf("failing", (runId) => [["GET", `/failing/runs/${runId}`]]),
  ),
  "workflows.deleteRun": askOf("all", (runId) => [
    ["DELETE", `/all/runs/${runId}`],
    ["DELETE", "/nobody/runs/x"],
  ]),
  "workflows.createRun": ask(
    ["POST", "/all/create-run", {}],
    ["POST", "/all/create-run", { resourceId: 1 }],
    ["POST", "/nobody/create-run", {}],
  ),
  "workflows.start": async (server) => {
    const runId = id();
    await call(server, "POST", `/workflows/all/create-run?runId=${runId}`, {});
    return ask(
      ["POST", `/all/start?runId=${runId}`, { inputData: {} }],
      ["POST", `/all/start?runId=${runId}`, { inputData: {} }],
      ["POST", "/all/start?runId=ghost", {}],
    )(server);
  },
  "workflows.startAsync": ask(
    ["POST", "/all/start-async", { inputData: {} }],
    ["POST", "/failing/start-async", { inputData: {} }],
    ["POST", "/all/start-async", { inputData: { n: "x" } }],
    ["POST", "/nobody/start-async", {}],
  ),
  "workflows.stream": streams("stream"),
  "workflows.streamLegacy": streams("stream-legacy"),
  "workflows.resume": resumes("resume"),
  "workflows.resumeAsync": resumes("resume-async"),
  "workflows.resumeNoWait": resumes("resume-no-wait"),
  "workflows.resumeStream": resumes("resume-stream"),
  "workflows.observe": observes("observe"),
  "workflows.observeStreamLegacy": observes("observe-stream-legacy"),
  "workflows.cancel": askOf("all", (runId) => [
    ["POST", `/all/runs/${runId}/cancel`],
    ["POST", "/all/runs/ghost/cancel"],
  ]),
  "workflows.timeTravel": travels("time-travel"),
  "workflows.timeTravelAsync": travels("time-travel-async"),
  "workflows.timeTravelStream": travels("time-travel-stream"),
  "workflows.restart": restarts("restart"),
  "workflows.restartAsync": restarts("restart-async"),
  "workflows.restartAll": takesUp("restart-all-active-workflow-runs"),
  "workflows.restartAllAsync": takesUp("restart-all-active-workflow-runs-async"),
};
