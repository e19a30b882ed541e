/** What an action hands back: outputs for later steps, a summary for people. */
export type Report = {
  /** By their names in action.yml. Anything but a string is written as JSON, bigints in decimal. */
  outputs: Record<string, unknown>;
  /** Markdown for the job summary. */
  summary?: string;
};

/** GitHub refuses a step's summary over 1 MiB. */
const SUMMARY_LIMIT = 1024 * 1024;

/** Cuts Markdown to a size in bytes, at a line's end, and says where the whole is. */
export function fit(markdown: string, whole: string, limit = SUMMARY_LIMIT): string {
  if (Buffer.byteLength(markdown) <= limit) return markdown;

  const notice = `\n\n*Cut here: the whole is in ${whole}.*\n`;
  const room = limit - Buffer.byteLength(notice);
  const kept = Buffer.from(markdown).subarray(0, room).toString();
  return kept.slice(0, Math.max(0, kept.lastIndexOf("\n"))) + notice;
}

export type Cell = string | number | bigint;

/** A Markdown table; cells may hold Markdown, but neither pipes nor line ends break it. */
export function table(head: string[], rows: Cell[][]): string {
  const line = (cells: Cell[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
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
