/** Fermata as `serve` starts it, for those who attack it. */
import { createLogger, Mastra, serve } from "fermata";
import { Agent } from "fermata/agent";
import { model } from "../model.js";
import { answerQuestions } from "./process.js";

const writer = new Agent({ id: "writer", name: "Writer", description: "Answers in text", instructions: "You write well.", model });
const logger = createLogger({ level: "error", write: () => undefined });
const server = await serve(new Mastra({ agents: { writer }, logger }), { port: 0, host: "127.0.0.1", announce: false });
console.log(JSON.stringify({ port: server.port }));
answerQuestions();
