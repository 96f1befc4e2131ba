/** What TypeScript demands of a route; checked by the type check, never run. */
import { z } from "zod";
import { route } from "./route.ts";

const spec = { method: "GET", path: "/secrets", summary: "Tell all.", response: z.unknown() } as const;

route({ ...spec, access: "secrets:read" });
route({ ...spec, access: "public" });

// @ts-expect-error -- I-1: a route says who may call it
route(spec);
// @ts-expect-error -- there is no third kind
route({ ...spec, access: "everybody" });
// @ts-expect-error -- nor none
route({ ...spec, access: undefined });
