/** A command of a script, what is asked before it runs, and whether it may fail. */
export type Step = { words: string[]; guards: string[]; mayFail: boolean };

type Token = { text: string; isWord: boolean };

type Chain = { operator: string; node: Node }[];

type Branch = { condition: Node[]; body: Node[] };

type Node =
  | { kind: "command"; words: string[] }
  | { kind: "chain"; chain: Chain }
  | { kind: "branches"; branches: Branch[] }
  | { kind: "group"; body: Node[] }
  | { kind: "function"; name: string; body: Node[] };

/** The commands of a shell script in their order, with variables in the place of their names. */
export function stepsIn(script: string, variables: ReadonlyMap<string, string>): Step[] {
  const walk = new Walk(new Map(variables));
  walk.through(new Parser(tokensIn(script)).list([]), []);
  return walk.steps;
}

/** The text with what is known of its variables; `${NAME:-other}` is the other if nothing is. */
export function expanded(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))/g,
    (whole, name = "", other, bare = "") => variables.get(name || bare) ?? other ?? whole,
  );
}

const OPERATORS = /^(?:;;&?|;&|&&|\|\||\|&|[;|&()\n])/;
const REDIRECTION = /^(?:\d*(?:<<<|>>|>\||>&|<&|<>|>|<)|&>>?)[ \t]*/;
const HERE_DOCUMENT = /^\d*<<(-?)[ \t]*(["']?)(\w+)\2/;

function tokensIn(script: string): Token[] {
  const tokens: Token[] = [];
  let rest = script.replace(/\\\r?\n/g, "").replace(/\r\n/g, "\n");
  let documents: string[] = [];
  while (rest !== "") {
    const blank = /^(?:[ \t]+|#[^\n]*)/.exec(rest)?.[0];
    const document = HERE_DOCUMENT.exec(rest);
    const operator = OPERATORS.exec(rest)?.[0];
    if (blank) rest = rest.slice(blank.length);
    else if (document) {
      documents.push(document[3] ?? "");
      rest = rest.slice(document[0].length);
    } else if (REDIRECTION.test(rest)) {
      rest = rest.replace(REDIRECTION, "");
      rest = rest.slice(wordIn(rest).length);
    } else if (operator) {
      tokens.push({ text: operator === "\n" ? ";" : operator, isWord: false });
      rest = rest.slice(operator.length);
      if (operator === "\n") rest = documents.reduce(after, rest);
      if (operator === "\n") documents = [];
    } else {
      const word = wordIn(rest);
      tokens.push({ text: unquoted(word), isWord: true });
      rest = rest.slice(Math.max(1, word.length));
    }
  }
  return tokens;
}

/** What comes after a here-document. */
function after(rest: string, end: string): string {
  const lines = rest.split("\n");
  const last = lines.findIndex((line) => line.trim() === end);
  return last < 0 ? rest : lines.slice(last + 1).join("\n");
}

/** A word as it is written, with its quotes and what is run inside it. */
function wordIn(text: string): string {
  let end = 0;
  while (end < text.length && !/[\s;|&()<>]/.test(text.charAt(end))) end += pieceAt(text, end);
  return text.slice(0, end);
}

function pieceAt(text: string, at: number): number {
  const rest = text.slice(at);
  if (rest.startsWith("\\")) return 2;
  if (rest.startsWith("'")) return closing(rest, 1, "'");
  if (rest.startsWith('"')) return closing(rest, 1, '"');
  if (rest.startsWith("`")) return closing(rest, 1, "`");
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

const SEPARATORS = [";", "&"];

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
    const chain: Chain = [{ operator: "", node: this.#command(ends) }];
    while (["&&", "||", "|", "|&"].includes(this.#next)) {
      const operator = this.#next;
      this.#at += 1;
      while (this.#take(";"));
      chain.push({ operator, node: this.#command(ends) });
    }
    return chain.length === 1 && chain[0] ? chain[0].node : { kind: "chain", chain };
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
    while (this.#tokens[this.#at]?.isWord && !(words.length === 0 && this.#isEnd(ends))) {
      words.push(this.#next);
      this.#at += 1;
    }
    if (words[0] === "function") words.shift();
    else if (words.length !== 1 || this.#next !== "(") return { kind: "command", words };
    if (this.#take("(")) this.#take(")");
    while (this.#take(";"));
    return { kind: "function", name: words[0] ?? "", body: [this.#command(ends)] };
  }
}

const ASSIGNMENT = /^(\w+)=(.*)$/s;
const DECLARING = ["export", "local", "readonly", "declare"];
const TESTS = /^(?:\[\[?|test|!|ls|find|stat|grep)$/;
const LEAVING = /^(?:exit|return)(?: 0)?$|^exec /;

class Walk {
  readonly steps: Step[] = [];
  readonly #variables: Map<string, string>;
  readonly #functions = new Map<string, Node[]>();
  /** Functions that are under way: one that calls itself is followed once. */
  readonly #called: string[] = [];

  constructor(variables: Map<string, string>) {
    this.#variables = variables;
  }

  /** What leaves a script early is asked before all that comes after it. */
  through(nodes: readonly Node[], guards: readonly string[], mayFail = false): void {
    const all = [...guards];
    for (const node of nodes) all.push(...this.#node(node, all, mayFail));
  }

  /** Returns what was asked of those that leave here. */
  #node(node: Node, guards: readonly string[], mayFail: boolean): string[] {
    if (node.kind === "command") this.#command(node.words, guards, mayFail);
    else if (node.kind === "group") this.through(node.body, guards, mayFail);
    else if (node.kind === "function") this.#functions.set(node.name, node.body);
    else if (node.kind === "chain") return this.#chain(node.chain, guards, mayFail);
    else return this.#branches(node.branches, guards, mayFail);
    return [];
  }

  #command(written: readonly string[], guards: readonly string[], mayFail: boolean): void {
    const words = written.map((word) => expanded(word, this.#variables));
    const [name = ""] = words;
    const given = DECLARING.includes(name) ? words.slice(1) : words;
    if (given.every((word) => ASSIGNMENT.test(word))) {
      for (const word of given) this.#set(word);
      return;
    }
    const body = this.#functions.get(name);
    if (!body || this.#called.includes(name)) {
      this.steps.push({ words, guards: [...guards], mayFail });
      return;
    }
    this.#called.push(name);
    this.through(body, guards, mayFail);
    this.#called.pop();
  }

  #set(word: string): void {
    const [, name = "", value = ""] = ASSIGNMENT.exec(word) ?? [];
    this.#variables.set(name, value);
  }

  #chain(chain: Chain, guards: readonly string[], mayFail: boolean): string[] {
    const asked = [...guards];
    const left: string[] = [];
    chain.forEach(({ node }, at) => {
      const next = chain[at + 1]?.operator;
      const onFailure = chain.slice(at + 1).some(({ operator }) => operator === "||");
      left.push(...this.#node(node, asked, mayFail || onFailure));
      const text = this.#textOf([node]);
      if (next === "|" || !next || !isAsked(text, next)) return;
      asked.push(text);
      const rest = chain.slice(at + 1).some((each) => this.#leaves([each.node]));
      if (rest) left.push(text);
    });
    return left;
  }

  #branches(branches: Branch[], guards: readonly string[], mayFail: boolean): string[] {
    const asked = [...guards];
    for (const { condition, body } of branches) {
      this.through(condition, asked, true);
      if (condition.length > 0) asked.push(this.#textOf(condition));
      this.through(body, asked, mayFail);
    }
    const left = branches.some(({ body }) => this.#leaves(body));
    return left ? asked.slice(guards.length) : [];
  }

  #leaves(nodes: readonly Node[]): boolean {
    return nodes.some((node) => {
      if (node.kind === "group") return this.#leaves(node.body);
      return node.kind === "command" && LEAVING.test(node.words.join(" "));
    });
  }

  /** All words of a condition, those of its functions among them. */
  #textOf(nodes: readonly Node[]): string {
    return nodes
      .map((node): string => {
        if (node.kind === "chain") return this.#textOf(node.chain.map((each) => each.node));
        if (node.kind === "group") return this.#textOf(node.body);
        if (node.kind !== "command") return "";
        const [name = ""] = node.words;
        const body = this.#functions.get(name);
        if (body && !this.#called.includes(name)) return this.#textOf(body);
        return expanded(node.words.join(" "), this.#variables);
      })
      .join(" ");
  }
}

/** What is done first is a question if it is a test, or if nothing but its failure leads on. */
function isAsked(text: string, operator: string): boolean {
  const [name = ""] = text.split(" ");
  return (
    TESTS.test(name) || (operator === "||" && !/\b(?:init|mkdir|cd|cp|chown|chmod)\b/.test(text))
  );
}
