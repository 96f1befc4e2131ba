/** The tools that the evaluation offers, all at once. Their names and schemas follow the mixed habits of real applications. */
import type { JSONSchema7, LanguageModelV4FunctionTool } from "@ai-sdk/provider";

function tool(name: string, description: string, properties: Record<string, JSONSchema7>, required: string[]): LanguageModelV4FunctionTool {
  return { type: "function", name, description, inputSchema: { type: "object", properties, required } };
}

const text = (description: string): JSONSchema7 => ({ type: "string", description });

export const tools: readonly LanguageModelV4FunctionTool[] = [
  tool(
    "get_weather",
    "Get the weather forecast for a city",
    {
      city: text("Name of the city"),
      units: { type: "string", enum: ["metric", "imperial"] },
      days: { type: "integer", description: "Number of days to forecast" },
    },
    ["city"],
  ),
  tool(
    "convert_currency",
    "Convert an amount of money from one currency to another",
    {
      amount: { type: "number" },
      from: text("ISO 4217 code of the currency to convert from"),
      to: text("ISO 4217 code of the currency to convert to"),
    },
    ["amount", "from", "to"],
  ),
  tool(
    "convert_units",
    "Convert a measurement between units of length, weight, volume or temperature",
    { value: { type: "number" }, from: text("Unit to convert from"), to: text("Unit to convert to") },
    ["value", "from", "to"],
  ),
  tool(
    "createCalendarEvent",
    "Add an event to the user's calendar",
    {
      title: text("What the event is called"),
      date: { type: "string", format: "date" },
      startTime: text("Start in HH:MM, 24 hours"),
      durationMinutes: { type: "integer" },
      attendees: { type: "array", items: { type: "string", format: "email" } },
    },
    ["title", "date"],
  ),
  tool(
    "set_reminder",
    "Remind the user of something at a later time",
    { task: text("What to be reminded of"), when: text("When to remind, in the user's own words") },
    ["task", "when"],
  ),
  tool(
    "sendEmail",
    "Send an e-mail message to somebody",
    { to: { type: "string", format: "email" }, subject: { type: "string" }, body: text("The text of the message") },
    ["to", "body"],
  ),
  tool(
    "web-search",
    "Search the web for information",
    { query: text("Search terms"), limit: { type: "integer", description: "Maximum number of results" } },
    ["query"],
  ),
  tool("delete_file", "Delete a file from the workspace", { path: text("Path of the file") }, ["path"]),
  tool("list_files", "List the files in a directory", { directory: text("Path of the directory") }, ["directory"]),
  tool("getOrderStatus", "Look up the status of an order and where the parcel is", { orderId: text("The order's id") }, ["orderId"]),
  tool("cancel_order", "Cancel an order that has not been shipped yet", { orderId: text("The order's id") }, ["orderId"]),
  tool(
    "translateText",
    "Translate a text into another language",
    { text: text("The text to translate"), targetLanguage: text("Language to translate into") },
    ["text", "targetLanguage"],
  ),
  tool("calculator", "Evaluate an arithmetic expression", { expression: text("For example 2 * (3 + 4)") }, ["expression"]),
  tool("stock_price", "Get the latest price of a stock", { symbol: text("Ticker symbol, for example ACME") }, ["symbol"]),
  tool(
    "book_table",
    "Reserve a table at a restaurant",
    {
      restaurant: text("Name of the restaurant"),
      people: { type: "integer", description: "Size of the party" },
      date: { type: "string", format: "date" },
      time: { type: "string", format: "time" },
    },
    ["restaurant", "people", "date", "time"],
  ),
  tool(
    "create_ticket",
    "Open a support ticket for a problem",
    { title: text("The problem in one line"), priority: { type: "string", enum: ["low", "medium", "high"] } },
    ["title"],
  ),
  tool(
    "setLight",
    "Switch the light in a room on or off and set its brightness",
    {
      room: text("The room"),
      on: { type: "boolean" },
      brightness: { type: "integer", minimum: 0, maximum: 100, description: "Brightness in percent" },
    },
    ["room", "on"],
  ),
  tool("add_to_shopping_list", "Put items on the shopping list", { items: { type: "array", items: { type: "string" } } }, ["items"]),
];
