import { existsSync, realpathSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "../command.ts";
import { findPackage } from "../compile/resolve.ts";
import { CommandError, UsageError } from "../terminal/usage-error.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json",
  ".woff2": "font/woff2",
};

export const studioCommand = command({
  name: "studio",
  summary: "Serves the web page for a running server",
  options: {
    port: { type: "string", short: "p", value: "number", help: "where the page is (default: 3000)" },
    "server-host": { type: "string", value: "name", help: "the server's host (default: localhost)" },
    "server-port": { type: "string", short: "s", value: "number", help: "the server's port (default: 4111)" },
    "server-protocol": { type: "string", short: "x", value: "http|https", help: "how it is reached (default: http)" },
    "server-api-prefix": { type: "string", value: "path", help: "where its API is (default: /api)" },
  },
  async run({ values, terminal }) {
    const place =
      findPackage(process.cwd(), "@fermata/studio") ?? findPackage(fileURLToPath(new URL(".", import.meta.url)), "@fermata/studio");
    const folder = place && join(place.folder, "dist");
    if (folder === undefined || !existsSync(join(folder, "index.html"))) {
      throw new CommandError(
        "The web page is a package of its own, @fermata/studio, and it is not installed. Until then, `fermata dev` serves /swagger-ui, and `fermata api` calls any operation.",
      );
    }
    const port = Number(values.port ?? 3000);
    if (!Number.isInteger(port)) throw new UsageError("--port must be a whole number.");
    const server = `${values["server-protocol"] ?? "http"}://${values["server-host"] ?? "localhost"}:${values["server-port"] ?? 4111}`;
    const config = { baseUrl: server, apiPrefix: values["server-api-prefix"] ?? "/api" };
    const page = await serveFolder(realpathSync(folder), port, config);
    terminal.say(`Studio for ${server} on http://localhost:${page.port}`);
    await new Promise<void>((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve));
    page.close();
  },
});

/** Files of one folder, on this machine alone; the page is told where the server is. Anything that is no file is the page. */
async function serveFolder(folder: string, port: number, config: object): Promise<{ readonly port: number; close(): void }> {
  const script = `<script>window.FERMATA_STUDIO=${JSON.stringify(config).replaceAll("<", "\\u003c")}</script>`;
  const server = createServer((request, response) => {
    const path = normalize(join(folder, pathOf(request.url)));
    const file = path.startsWith(folder + sep) && extname(path) !== "" && existsSync(path) ? path : join(folder, "index.html");
    readFile(file).then(
      (content) => {
        response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
        response.end(file.endsWith("index.html") ? new TextDecoder().decode(content).replace("<head>", `<head>${script}`) : content);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE" ? new CommandError(`Port ${port} is taken by another program. Name another one with --port.`) : error,
      ),
    );
    server.listen(port, "localhost", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What is no address at all leads to the page. */
function pathOf(url = "/"): string {
  try {
    return decodeURIComponent(new URL(url, "http://localhost").pathname);
  } catch {
    return "/";
  }
}
