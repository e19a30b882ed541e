/**
 * Splits a line into words with a POSIX shell's quotes and backslashes. Nothing is expanded: where a
 * shell would do so, and at a quote that stays open, the line is refused.
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

/** Between double quotes a backslash protects only what would be special there. */
function escaped(char: string, quote: string): string {
  return quote === '"' && !'"\\$`'.includes(char) ? `\\${char}` : char;
}

function expands(char: string, quote: string): boolean {
  return quote === '"' ? "$`".includes(char) : "$`|&;<>".includes(char);
}
