import { Agent, createTool, Mastra } from "fermata";
import { z } from "zod";

const refund = createTool({
  id: "refund_order",
  description: "Refund an order",
  inputSchema: z.object({ orderId: z.string() }),
  requireApproval: true,
  execute: async ({ orderId }) => ({ refunded: orderId }),
});
const support = new Agent({
  id: "support",
  name: "Support",
  instructions: "Help customers.",
  model: "auto",
  tools: { refund_order: refund },
});
export const mastra = new Mastra({ agents: { support } });

const asked = await support.generate("Please refund the order A-1042");
console.log(asked.finishReason, asked.suspendPayload); // suspended { toolCallId: …, toolName: "refund_order", args: { orderId: "A-1042" }, … }

const answer = await support.approveToolCallGenerate({ runId: asked.runId });
console.log(answer.text);
