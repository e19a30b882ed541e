/** Put behind a character it takes the meaning away that GitHub gives it with the next one. */
const BREAK = "\u200b";

/** Languages of code blocks that are shown as such; all others could load or draw something. */
const LANGUAGES = ["diff", "json", "mermaid", "solidity"];

/**
 * Markdown that anybody may have written, made fit to be posted by an account that people trust. It
 * keeps text, tables, headings, code and `<details>`. It mentions nobody and refers to nothing, has
 * no links, images or other HTML, gives no bot a command, and closes what it opens.
 *
 * Parts are told apart by whole lines, of which we write the delimiters ourselves: where we and
 * GitHub could read a line differently, every character that has a meaning is broken.
 */
export function harmless(markdown: string): string {
  const lines = plainCharacters(markdown).split("\n");
  const out: string[] = [];
  let open = 0;

  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const language = /^```(\w*)$/.exec(line)?.[1];
    const title = /^<details><summary>(.{1,500})<\/summary>$/.exec(line)?.[1];

    if (language !== undefined) {
      const end = endOfCode(lines, at + 1);
      out.push(...codeBlock(language, lines.slice(at + 1, end)));
      at = end;
    } else if (title !== undefined) {
      out.push(...apart(out, `<details><summary>${titleText(title)}</summary>`));
      open += 1;
    } else if (line === "</details>") {
      if (open > 0) out.push(...apart(out, line));
      open = Math.max(0, open - 1);
    } else if (line !== "" || out.at(-1) !== "") {
      out.push(text(line));
    }
  }
  for (; open > 0; open -= 1) out.push(...apart(out, "</details>"));
  return out.join("\n").trim();
}

/** HTML goes on until a blank line: what stands below it would not be Markdown without one. */
function apart(before: string[], html: string): string[] {
  return before.at(-1) === "" ? [html, ""] : ["", html, ""];
}

/** One kind of line end, and nothing that is invisible or turns the direction of text. */
function plainCharacters(markdown: string): string {
  return markdown.replaceAll(/\r\n?/g, "\n").replaceAll(/(?![\n\t])[\p{Cc}\p{Cf}]/gu, "");
}

/** Where a code block ends: at the line that closes it, or at the end of all. */
function endOfCode(lines: string[], from: number): number {
  let at = from;
  while (at < lines.length && !/^ {0,3}`{3,}\s*$/.test(lines[at] ?? "")) at += 1;
  return at;
}

function codeBlock(language: string, lines: string[]): string[] {
  const known = LANGUAGES.includes(language) && !(language === "mermaid" && acts(lines));
  return [`\`\`\`${known ? language : ""}`, ...lines.map((line) => quiet(line)), "```"];
}

/** Mermaid that does more than draw: follows a click, loads something, has HTML, sets its rules. */
const ACTS = /(^|;)\s*(click|callback|href)\b|%%\{|@\{|:\/\/|<[a-z!/]|^\s*---/i;

function acts(lines: string[]): boolean {
  return lines.some((line) => ACTS.test(line));
}

/** In a heading of details there is HTML, and no Markdown. */
function titleText(title: string): string {
  return title
    .split(/(<code>.*?<\/code>)/)
    .map((part) => {
      const code = /^<code>(.*)<\/code>$/.exec(part)?.[1];
      return code === undefined ? escaped(part) : `<code>${escaped(code)}</code>`;
    })
    .join("");
}

function escaped(html: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return references(html.replaceAll(/[&<>"]/g, (char) => names[char] ?? ""));
}

/**
 * A line outside of code, where Markdown counts. Links of the form that plans have keep their text.
 */
function text(line: string): string {
  const unlinked = line.replaceAll(/(?<!!)\[(`[^`[\]]*`)\]\([^()\s]*\)/g, "$1");
  return references(unlinked)
    .replaceAll(/[<&]/g, `$&${BREAK}`)
    .replaceAll(/\](?=[([:])/g, `]${BREAK}`)
    .replaceAll(/^( *)(?=`{3}|~{3})/g, `$1${BREAK}`)
    .replaceAll(/\$(?=[$`])/g, `$${BREAK}`);
}

/** What GitHub makes a reference of wherever it stands: issues, pages, addresses. */
function references(line: string): string {
  return quiet(line)
    .replaceAll(/#(?=\d)/g, `#${BREAK}`)
    .replaceAll(/(GH\\?-)(?=\d)/gi, `$1${BREAK}`)
    .replaceAll(/:(?=\\?\/\\?\/)/g, `:${BREAK}`)
    .replaceAll(/www(?=\.)/gi, `$&${BREAK}`);
}

/** What calls somebody, or what bots take for a command, even in code. */
function quiet(line: string): string {
  return line.replaceAll("@", `@${BREAK}`).replace(/^([>\s]*)\//, `$1${BREAK}/`);
}
