/**
 * Stands before and behind a command whose output is to take its place; no other text can hold it.
 */
export const SUBSTITUTED = "\0";

/**
 * Splits a line into words with a POSIX shell's quotes and backslashes. A command between `$(` and
 * `)` is left to the caller, between marks. Nothing else is expanded: where a shell would do so,
 * and at a quote that stays open, the line is refused.
 */
export function unquote(line: string, refuse: (why: string) => Error): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";

  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] as string;
    if (quote === "" && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === quote) {
      quote = "";
    } else if (quote !== "'" && line.startsWith("$(", at)) {
      const command = substitution(line.slice(at + 2));
      if (command === undefined) throw refuse("Its $( is never closed.");
      word = `${word ?? ""}${SUBSTITUTED}${command}${SUBSTITUTED}`;
      at += command.length + 2;
    } else if (quote === "" && (char === '"' || char === "'")) {
      quote = char;
      word ??= "";
    } else if (char === "\\" && quote !== "'" && at + 1 < line.length) {
      at += 1;
      word = (word ?? "") + escaped(line[at] as string, quote);
    } else {
      if (quote !== "'" && expands(char, quote)) {
        throw refuse(`There is no shell here that could make anything of "${char}".`);
      }
      word = (word ?? "") + char;
    }
  }

  if (quote !== "") throw refuse(`Its quote ${quote} is never closed.`);
  if (word !== undefined) words.push(word);
  return words;
}

/** The command up to the parenthesis that closes it, which may lie within quotes of its own. */
function substitution(text: string): string | undefined {
  let [depth, quote] = [1, ""];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] as string;
    if (char === "\\" && quote !== "'") at += 1;
    else if (char === quote) quote = "";
    else if (quote !== "") continue;
    else if (char === '"' || char === "'") quote = char;
    else if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    if (depth === 0) return text.slice(0, at);
  }
  return undefined;
}

/** Between double quotes a backslash protects only what would be special there. */
function escaped(char: string, quote: string): string {
  return quote === '"' && !'"\\$`'.includes(char) ? `\\${char}` : char;
}

function expands(char: string, quote: string): boolean {
  return quote === '"' ? "$`".includes(char) : "$`|&;<>".includes(char);
}
