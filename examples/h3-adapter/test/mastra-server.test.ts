/** The adapter obeys the laws of all adapters. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { adapterSuite } from "fermata/testing";
import { H3 } from "h3";
import { toNodeHandler } from "h3/node";
import { afterAll, describe, test } from "vitest";
import { MastraServer } from "../src/mastra-server.ts";

adapterSuite(
  {
    name: "H3",
    async start(options) {
      const app = new H3();
      await new MastraServer({ app, ...options }).init();
      const handle = toNodeHandler(app);
      const server = createServer((request, response) => void handle(request, response)).listen(0, "127.0.0.1");
      await once(server, "listening");
      return {
        origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
        async close() {
          server.closeAllConnections();
          server.close();
          await once(server, "close");
        },
      };
    },
  },
  { describe, test, after: afterAll },
);
