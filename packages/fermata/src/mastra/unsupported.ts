import { FermataError } from "../errors.ts";

/** Options that stand in the reference and not yet here. To take them without doing what they say would be worse than to refuse. */
const UNSUPPORTED_SERVER_OPTIONS = ["fga", "storedResources"] as const;
const UNSUPPORTED_OPTIONS = [
  "mcpServers",
  "scorers",
  "classifiers",
  "pubsub",
  "gateways",
  "channels",
  "notifications",
  "backgroundTasks",
  "workspace",
  "editor",
  "agentControllers",
  "harnesses",
  "idGenerator",
  "tts",
  "deployer",
  "observability",
] as const;

/** @throws FermataError `MISCONFIGURED` */
export function refuseUnsupported(config: object): void {
  const server = "server" in config && typeof config.server === "object" && config.server !== null ? config.server : {};
  const found = [
    ...UNSUPPORTED_OPTIONS.filter((name) => name in config && config[name as keyof typeof config] !== undefined),
    ...UNSUPPORTED_SERVER_OPTIONS.filter((name) => name in server && server[name as keyof typeof server] !== undefined).map(
      (name) => `server.${name}`,
    ),
  ];
  if (found.length > 0)
    throw new FermataError(
      "MISCONFIGURED",
      `This version does not have ${found.join(", ")}. Take ${found.length === 1 ? "it" : "them"} out of the configuration: an option that is not honoured is not safe to ignore.`,
    );
}
