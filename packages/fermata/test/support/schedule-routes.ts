/** What is asked of the routes of schedules: those that are there, whose runs fail, and what is not there. */
import { call, type Ask, type Seen } from "./call-route.ts";
import type { TestServer } from "./test-server.ts";

async function newSchedule(server: TestServer, workflowId: string): Promise<string> {
  const { body } = await call(server, "POST", "/schedules", {
    workflowId,
    cron: "0 0 1 1 *",
    inputData: {},
    requestContext: { tier: "gold" },
  });
  const { id } = JSON.parse(body) as { id: string };
  await call(server, "POST", `/schedules/${id}/run`);
  return id;
}

const each =
  (method: string, path = "", body?: object): Ask =>
  async (server) => {
    const replies: Seen[] = [];
    for (const id of [await newSchedule(server, "failing"), await newSchedule(server, "all"), "ghost"])
      replies.push(await call(server, method, `/schedules/${id}${path}`, body));
    return replies;
  };

export const SCHEDULE_ROUTES: Readonly<Record<string, Ask>> = {
  "schedules.list": async (server) => {
    await newSchedule(server, "failing");
    return Promise.all(
      ["", "?workflowId=failing&status=active", "?agentId=main", "?status=x"].map((query) => call(server, "GET", `/schedules${query}`)),
    );
  },
  "schedules.create": async (server) => {
    const bodies = [
      { workflowId: "all", cron: "0 9 * * *", timezone: "Europe/Berlin" },
      { workflowId: "all", cron: "never" },
      { workflowId: "nobody", cron: "0 9 * * *" },
      { agentId: "main", cron: "0 9 * * *", prompt: "hello" },
    ];
    return Promise.all(bodies.map((body) => call(server, "POST", "/schedules", body)));
  },
  "schedules.get": each("GET"),
  "schedules.update": each("PATCH", "", { cron: "0 8 * * *", inputData: { n: 1 } }),
  "schedules.delete": each("DELETE"),
  "schedules.triggers": each("GET", "/triggers?limit=5"),
  "schedules.pause": each("POST", "/pause"),
  "schedules.resume": each("POST", "/resume"),
  "schedules.run": each("POST", "/run"),
};
