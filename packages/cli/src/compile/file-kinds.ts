/** What a file is, by its name. */
import { extname } from "node:path";

const COMPILED = new Set([".ts", ".tsx", ".mts", ".cts", ".jsx"]);
const CODE = new Set([...COMPILED, ".js", ".mjs", ".cjs"]);
/** Imported, these are strings. */
const TEXT = new Set([".md", ".mdx", ".txt", ".sql", ".graphql", ".gql", ".html", ".csv", ".xml", ".yaml", ".yml", ".hbs", ".prompt"]);

export const isCode = (path: string): boolean => CODE.has(extname(path)) && !isDeclaration(path);
/** Whether Node cannot run the file as it is. */
export const needsCompiling = (path: string): boolean => COMPILED.has(extname(path));
export const isJson = (path: string): boolean => extname(path) === ".json";
export const isText = (path: string): boolean => TEXT.has(extname(path));
export const isDeclaration = (path: string): boolean => /\.d\.[cm]?ts$/.test(path);
