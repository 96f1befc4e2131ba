/** What the given transcripts show and this server does not have yet, or does otherwise on purpose. Nothing in here counts as agreed. */

/** Cases that are not asked at all, by the beginning of their name. */
export const LATER: readonly (readonly [names: readonly string[], reason: string])[] = [
  [["agents-41-", "agents-42-"], "switching the model of a running agent is not part of this issue"],
  [["agents-43-", "agents-44-", "agents-45-"], "voice is not part of this issue"],
  [["agents-46-", "agents-47-"], "the legacy routes for models of the first provider interface are not part of this issue"],
  [["agents-50-", "agents-51-"], "cloning and improving agents needs the editor, which is not part of this issue"],
  [["stream-34-", "stream-35-"], "agent networks are not part of this issue"],
  [["stream-38-", "stream-39-", "stream-40-", "stream-41-"], "deprecated names of the stream route are not part of this issue"],
  [["system-02-"], "the description of all routes for the web page is not part of this issue; the OpenAPI document is"],
];

interface Allowance {
  readonly cases: readonly string[];
  readonly differences: readonly string[];
  readonly reason: string;
  /** Who shows the difference: both servers on this application, ours on purpose, or the recorded one. */
  readonly shownBy: "both" | "ours" | "peer";
}

const OBSERVED_START = "workflow-start workflow-step-start workflow-step-result workflow-step-start workflow-step-result workflow-finish";
const OBSERVED_AGAIN = "workflow-start workflow-step-start workflow-step-result workflow-finish";

/** The events of a call whose arguments are complete. */
const CALLED =
  "response.created response.in_progress response.output_item.added response.function_call_arguments.delta response.function_call_arguments.done response.output_item.done";

/** Single differences that a case may show. Any other fails the case, and so does an entry that is needed no more. */
const ALLOWED: readonly Allowance[] = [
  {
    cases: ["workflows-01-list"],
    differences: ["allSteps", "steps"].map((key) => `.slowWorkflow.${key}.sleep_f7b40d65-089a-447a-81d1-50dc7a6de004: missing`),
    reason: "a sleep is named by its place, so that its name is the same in every process; the recorded server names it at random",
    shownBy: "ours",
  },
  {
    cases: ["workflows-70-run-after-client-abort"],
    differences: [".steps.sleep_f7b40d65-089a-447a-81d1-50dc7a6de004: missing"],
    reason: "a sleep is named by its place, so that its name is the same in every process; the recorded server names it at random",
    shownBy: "ours",
  },
  {
    cases: ["workflows-59-observe-finished"],
    differences: [
      `chunks ${OBSERVED_START} ${OBSERVED_AGAIN} became ${OBSERVED_START} ${OBSERVED_AGAIN} ${OBSERVED_AGAIN} workflow-start workflow-finish`,
    ],
    reason: "a run's log has everything that happened in it; the recorded server shows those parts alone that somebody streamed at the time",
    shownBy: "ours",
  },
  {
    cases: ["agents-01-list", "agents-02-list-partial"],
    differences: ["suspendSchema", "resumeSchema"].map((key) => `.toolAgent.tools.askUser.${key}: object became string`),
    reason: "all schemas of a tool are strings of JSON Schema; the recorded server shows the insides of its schema library for these two",
    shownBy: "ours",
  },
  {
    cases: ["tools-01-list"],
    differences: ["suspendSchema", "resumeSchema"].map((key) => `.askUser.${key}: object became string`),
    reason: "all schemas of a tool are strings of JSON Schema; the recorded server shows the insides of its schema library for these two",
    shownBy: "ours",
  },
  {
    cases: ["stream-44-recover-unknown"],
    differences: ["status 400 became 404"],
    reason: "every agent of an app with a storage can recover runs; this one is not there",
    shownBy: "ours",
  },
  {
    cases: ["agents-38-generate-broken-tool"],
    differences: [".messages[1].content.parts[1].model: missing"],
    reason: "without a memory the recorded server leaves the model out",
    shownBy: "peer",
  },
  {
    cases: [
      ...["responses-08-previous-response-other-agent", "responses-11-conversation-unknown", "responses-13-missing-agent-id"],
      ...["responses-14-unknown-agent", "responses-28-store-without-memory", "responses-29-get-unknown", "responses-34-get-deleted"],
      ...["responses-35-delete-unknown", "conversations-04-create-agent-without-memory", "conversations-05-create-unknown-agent"],
      ...["conversations-07-get-unknown", "conversations-11-delete-unknown"],
    ],
    differences: [".error: string became object"],
    reason: "errors on the routes for OpenAI's clients have OpenAI's form",
    shownBy: "ours",
  },
  {
    cases: ["responses-19-stream-error"],
    differences: [
      "chunks response.created response.in_progress response.completed became response.created response.in_progress response.failed",
    ],
    reason: "a failure is told as one",
    shownBy: "ours",
  },
  {
    cases: ["responses-20-stream-tool-approval"],
    differences: [
      `chunks ${CALLED} response.completed became ${CALLED} response.output_item.added response.output_item.done response.incomplete`,
    ],
    reason: "a call that waits for approval is an item that can be answered, and the response is incomplete",
    shownBy: "ours",
  },
  {
    cases: ["responses-25-client-function-tools"],
    differences: [".output[0].content: missing", ".output[0].role: missing"],
    reason: "functions of the caller are called; the recorded server ignores them",
    shownBy: "ours",
  },
  {
    cases: ["responses-31-image-input"],
    differences: [".error: string became null", ".issues: missing", "status 400 became 200"],
    reason: "images are taken",
    shownBy: "ours",
  },
  {
    cases: ["responses-38-finish-length"],
    differences: [".completed_at: number became null"],
    reason: "an answer that was cut off is incomplete",
    shownBy: "ours",
  },
  {
    cases: ["responses-40-openai-path-without-api", "responses-41-openai-list-input-items"],
    differences: ["status 404 became 200"],
    reason: "the routes are there",
    shownBy: "ours",
  },
];

/** The differences that a case has to show, sorted. */
export function allowedDifferences(name: string, server: "ours" | "peer"): string[] {
  return ALLOWED.filter(({ cases, shownBy }) => cases.includes(name) && (shownBy === "both" || shownBy === server))
    .flatMap(({ differences }) => differences)
    .sort();
}

/** The reason why a case is left for later, or undefined when it is to be compared. */
export function laterReason(name: string): string | undefined {
  return LATER.find(([names]) => names.some((beginning) => name.startsWith(beginning)))?.[1];
}
