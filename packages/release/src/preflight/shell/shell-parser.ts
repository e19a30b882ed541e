import { type Token, tokensIn } from "./shell-tokens.ts";

export type Chain = { operator: string; node: Node }[];

export type Branch = { condition: Node[]; body: Node[] };

export type Node =
  | { kind: "command"; words: string[]; document?: string }
  | { kind: "chain"; chain: Chain }
  | { kind: "branches"; branches: Branch[] }
  | { kind: "group"; body: Node[] }
  | { kind: "function"; name: string; body: Node[] };

const SEPARATORS = [";", "&"];

/** What a script is made of, in its order. */
export function parsed(script: string): Node[] {
  return new Parser(tokensIn(script)).list([]);
}

class Parser {
  readonly #tokens: Token[];
  #at = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  /** All up to one of these words, or to the end of what is in brackets. */
  list(ends: readonly string[]): Node[] {
    const nodes: Node[] = [];
    while (this.#at < this.#tokens.length && !this.#isEnd(ends)) {
      const before = this.#at;
      if (SEPARATORS.includes(this.#next)) this.#at += 1;
      else nodes.push(this.#chain(ends));
      // Of what is no shell's, each word is passed over.
      if (this.#at === before) this.#at += 1;
    }
    return nodes;
  }

  get #next(): string {
    return this.#tokens[this.#at]?.text ?? "";
  }

  #isEnd(ends: readonly string[]): boolean {
    return ends.includes(this.#next);
  }

  #take(text: string): boolean {
    if (this.#next !== text) return false;
    this.#at += 1;
    return true;
  }

  #chain(ends: readonly string[]): Node {
    return this.#joined(["&&", "||"], () =>
      fed(this.#joined(["|", "|&"], () => this.#command(ends))),
    );
  }

  /** What is joined by operators, or the one thing that there is. */
  #joined(operators: readonly string[], next: () => Node): Node {
    const first = next();
    const chain: Chain = [{ operator: "", node: first }];
    while (operators.includes(this.#next)) {
      const operator = this.#next;
      this.#at += 1;
      while (this.#take(";"));
      chain.push({ operator, node: next() });
    }
    return chain.length === 1 ? first : { kind: "chain", chain: inBrackets(chain) };
  }

  #command(ends: readonly string[]): Node {
    if (this.#take("if")) return this.#if();
    if (this.#take("case")) return this.#case();
    if (this.#take("while") || this.#take("until")) return this.#loop();
    if (this.#take("for")) return this.#for();
    if (this.#take("{")) return this.#group("}");
    if (this.#take("(")) return this.#group(")");
    return this.#simple(ends);
  }

  #group(end: string): Node {
    const body = this.list([end]);
    this.#take(end);
    return { kind: "group", body };
  }

  #if(): Node {
    const branches: Branch[] = [];
    do {
      const condition = this.list(["then"]);
      this.#take("then");
      branches.push({ condition, body: this.list(["elif", "else", "fi"]) });
    } while (this.#take("elif"));
    if (this.#take("else")) branches.push({ condition: [], body: this.list(["fi"]) });
    this.#take("fi");
    return { kind: "branches", branches };
  }

  #case(): Node {
    const condition: Node[] = [{ kind: "command", words: [this.#next] }];
    this.#at += 1;
    while (this.#take(";"));
    this.#take("in");
    const branches: Branch[] = [];
    while (this.#at < this.#tokens.length && !this.#take("esac")) {
      this.list([")"]);
      this.#take(")");
      branches.push({ condition, body: this.list([";;", ";&", ";;&", "esac"]) });
      while (this.#take(";;") || this.#take(";&") || this.#take(";;&") || this.#take(";"));
    }
    return { kind: "branches", branches };
  }

  #loop(): Node {
    const condition = this.list(["do"]);
    this.#take("do");
    const body = this.list(["done"]);
    this.#take("done");
    return { kind: "group", body: [...condition, ...body] };
  }

  #for(): Node {
    this.list(["do"]);
    this.#take("do");
    return this.#group("done");
  }

  #simple(ends: readonly string[]): Node {
    const words: string[] = [];
    let document: string | undefined;
    while (this.#tokens[this.#at]?.isWord && !(words.length === 0 && this.#isEnd(ends))) {
      if (this.#tokens[this.#at]?.isDocument) document = this.#next;
      else words.push(this.#next);
      this.#at += 1;
    }
    if (words[0] === "function") words.shift();
    else if (words.length !== 1 || this.#next !== "(") return command(words, document);
    if (this.#take("(")) this.#take(")");
    while (this.#take(";"));
    return { kind: "function", name: words[0] ?? "", body: [this.#command(ends)] };
  }
}

/** `[[ a && b ]]` is a chain of tests. */
function inBrackets(chain: Chain): Chain {
  let isOpen = false;
  return chain.map(({ operator, node }) => {
    if (node.kind !== "command") return { operator, node };
    const words = isOpen ? ["[[", ...node.words] : node.words;
    isOpen = words[0] === "[[" && words.at(-1) !== "]]";
    return { operator, node: { ...node, words } };
  });
}

const SHELL = /^(?:\S*\/)?(?:ba|da|a|z|k)?sh$/;

/** A shell that is given a here-document runs it. */
function command(words: string[], document: string | undefined): Node {
  if (document === undefined) return { kind: "command", words };
  const shell = words.findIndex((word) => SHELL.test(word));
  const reads = shell >= 0 && words.slice(shell + 1).every((word) => /^-(?!\w*c)\w*$/.test(word));
  if (!reads) return { kind: "command", words, document };
  const options = words.slice(shell + 1).filter((word) => !/^-s?$/.test(word));
  return { kind: "command", words: [...words.slice(0, shell + 1), ...options, "-c", document] };
}

/** A shell that is fed by `cat` with one, too. */
function fed(node: Node): Node {
  if (node.kind !== "chain" || node.chain.length !== 2) return node;
  const [first, second] = node.chain.map((each) => each.node);
  if (first?.kind !== "command" || second?.kind !== "command") return node;
  if (first.words.join(" ") !== "cat" || first.document === undefined) return node;
  const whole = command(second.words, first.document);
  return "document" in whole ? node : whole;
}
