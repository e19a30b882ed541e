import { type ActionError, explanationOf } from "./error.ts";

/** What an action hands back: outputs for later steps, a summary for people. */
export type Report = {
  /** By their names in action.yml. Anything but a string is written as JSON, bigints in decimal. */
  outputs: Record<string, unknown>;
  /** Markdown for the job summary. */
  summary?: string;
  /** What makes the run fail all the same, once outputs and summary are written. */
  failure?: ActionError;
};

/** GitHub refuses a step's summary over 1 MiB. */
const SUMMARY_LIMIT = 1024 * 1024;

/**
 * Cuts Markdown to a size in bytes, at a line's end, and says where the whole is. Code and details
 * that the cut would leave open are closed, so that the notice is not swallowed by them.
 */
export function fit(markdown: string, whole: string, limit = SUMMARY_LIMIT): string {
  if (Buffer.byteLength(markdown) <= limit) return markdown;

  const notice = `\n\n*Cut here: the whole is in ${whole}.*\n`;
  const room = limit - Buffer.byteLength(notice);
  const kept = cut(Buffer.from(markdown).subarray(0, room).toString());
  return shorten(kept, room) + notice;
}

/** Drops lines until what closes the rest fits too. */
function shorten(kept: string, room: number): string {
  const closed = kept + closing(kept);
  const excess = Buffer.byteLength(closed) - room;
  if (excess <= 0 || kept === "") return closed;

  const bytes = Buffer.from(kept);
  return shorten(cut(bytes.subarray(0, Math.max(0, bytes.length - excess)).toString()), room);
}

function cut(text: string): string {
  return text.slice(0, Math.max(0, text.lastIndexOf("\n")));
}

/** What ends the code block and the details that are open at the end of a text. */
function closing(markdown: string): string {
  let fence = "";
  let open = 0;
  for (const line of markdown.split("\n")) {
    const mark = /^ {0,3}(`{3,})/.exec(line)?.[1] ?? "";
    if (fence) fence = mark.length >= fence.length ? "" : fence;
    else if (mark) fence = mark;
    else open += line.split("<details>").length - line.split("</details>").length;
  }
  return (fence && `\n${fence}`) + "\n\n</details>".repeat(Math.max(0, open));
}

export type Cell = string | number | bigint;

/**
 * A Markdown table; cells may hold Markdown, but neither pipes nor line ends break it. A column of
 * numbers, with or without a unit, stands on the right.
 */
export function table(head: string[], rows: Cell[][]): string {
  const line = (cells: Cell[]) => `| ${cells.map(cell).join(" | ")} |`;
  const ruler = head.map((_, column) => (isNumeric(rows, column) ? "---:" : "---"));
  return [line(head), `|${ruler.join("|")}|`, ...rows.map(line)].join("\n");
}

/** With its sign and unit, or a word for that there is none. */
const NUMBER = /^([+−-]?\d[\d,.]*(\s[^\s()]+)?|–|new|gone)$/;

function isNumeric(rows: Cell[][], column: number): boolean {
  const filled = rows.map((row) => String(row[column] ?? "")).filter((text) => text !== "");
  return filled.some((text) => /\d/.test(text)) && filled.every((text) => NUMBER.test(text));
}

function cell(value: Cell): string {
  return String(value).replaceAll("|", "\\|").replaceAll(/\r?\n/g, " ");
}

/** An output's text: strings as they are, the rest as JSON. */
export function outputText(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value, (_, inner) =>
    typeof inner === "bigint" ? inner.toString() : inner,
  );
}

/**
 * An error as a box of a summary: what failed, why, with what was quoted as it was, and what to do.
 */
export function failureSummary(error: unknown, alert: "CAUTION" | "WARNING" = "CAUTION"): string {
  const { what, why, next, code } = explanationOf(error);
  const [first = "", ...quoted] = why.split("\n");
  const lines = [
    `[!${alert}]`,
    `**${plain(what)}**`,
    "",
    plain(first),
    ...(quoted.length > 0 ? ["```text", ...quoted.map(unfenced), "```"] : []),
    "",
    `**Next:** ${plain(next)} (\`${code}\`)`,
  ];
  return lines.map((line) => `> ${line}`.trimEnd()).join("\n");
}

/** Text as Markdown shows it letter by letter: placeholders in angle brackets are no HTML. */
function plain(text: string): string {
  return text.replaceAll("<", "&lt;").replaceAll(/\n */g, "<br>");
}

function unfenced(line: string): string {
  return line.replaceAll("```", "'''");
}
