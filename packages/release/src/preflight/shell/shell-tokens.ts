export type Token = {
  text: string;
  isWord: boolean;
  /** Whether it is what a command reads, and no word of it. */
  isDocument?: boolean;
};

const OPERATORS = /^(?:;;&?|;&|&&|\|\||\|&|[;|&()\n])/;
const REDIRECTION = /^(?:\d*(?:<<<|>>|>\||>&|<&|<>|>|<)|&>>?)[ \t]*/;
const SUBSTITUTION = /^[<>]\(/;
const HERE_DOCUMENT = /^\d*<<(-?)[ \t]*(["']?)(\w+)\2/;

/** The words, operators and here-documents of a shell script; redirections are left out. */
export function tokensIn(script: string): Token[] {
  const tokens: Token[] = [];
  let rest = script.replace(/\\\r?\n/g, "").replace(/\r\n/g, "\n");
  const documents: { end: string; token: Token }[] = [];
  while (rest !== "") {
    const blank = /^(?:[ \t]+|#[^\n]*)/.exec(rest)?.[0];
    const here = HERE_DOCUMENT.exec(rest);
    const operator = OPERATORS.exec(rest)?.[0];
    if (blank) rest = rest.slice(blank.length);
    else if (here) {
      const token = { text: "", isWord: true, isDocument: true };
      tokens.push(token);
      documents.push({ token, end: here[3] ?? "" });
      rest = rest.slice(here[0].length);
    } else if (REDIRECTION.test(rest) && !SUBSTITUTION.test(rest)) {
      rest = rest.replace(REDIRECTION, "");
      rest = rest.slice(wordIn(rest).length);
    } else if (operator) {
      tokens.push({ text: operator === "\n" ? ";" : operator, isWord: false });
      rest = rest.slice(operator.length);
      for (const { token, end } of operator === "\n" ? documents.splice(0) : []) {
        [token.text, rest] = document(rest, end);
      }
    } else {
      const word = wordIn(rest);
      tokens.push({ text: unquoted(word), isWord: true });
      rest = rest.slice(Math.max(1, word.length));
    }
  }
  return tokens;
}

/** A here-document, and what comes after it. */
function document(rest: string, end: string): [text: string, rest: string] {
  const lines = rest.split("\n");
  const last = lines.findIndex((line) => line.trim() === end);
  if (last < 0) return ["", rest];
  return [lines.slice(0, last).join("\n"), lines.slice(last + 1).join("\n")];
}

/** A word as it is written, with its quotes and what is run inside it. */
function wordIn(text: string): string {
  let end = 0;
  while (end < text.length && isInWord(text.slice(end, end + 2))) end += pieceAt(text, end);
  return text.slice(0, end);
}

/** What a command is given as a file is a word, too: `<(sort a)`. */
function isInWord(next: string): boolean {
  return SUBSTITUTION.test(next) || !/^[\s;|&()<>]/.test(next);
}

function pieceAt(text: string, at: number): number {
  const rest = text.slice(at);
  if (rest.startsWith("\\")) return 2;
  if (rest.startsWith("'")) return closing(rest, 1, "'");
  if (rest.startsWith('"')) return closing(rest, 1, '"');
  if (rest.startsWith("`")) return closing(rest, 1, "`");
  if (SUBSTITUTION.test(rest)) return closing(rest, 2, ")");
  if (rest.startsWith("$(")) return closing(rest, 2, ")");
  if (rest.startsWith("${")) return closing(rest, 2, "}");
  return 1;
}

function closing(text: string, from: number, end: string): number {
  let at = from;
  while (at < text.length && text.charAt(at) !== end) {
    if (end === "'" || end === "`") at += 1;
    else if (end === '"' && /['`]/.test(text.charAt(at))) at += 1;
    else if (end === ")" && text.charAt(at) === "(") at += closing(text.slice(at), 1, ")");
    else at += pieceAt(text, at);
  }
  return at + 1;
}

/** Quotes are left out, but in what is run inside of a word. */
function unquoted(word: string): string {
  return word.replace(/\$\(.*\)|\\(.)|["']/gs, (whole, escaped) =>
    whole.startsWith("$") ? whole : (escaped ?? ""),
  );
}
