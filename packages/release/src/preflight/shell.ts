import { type Branch, type Chain, type Node, parsed } from "./shell-parser.ts";

/** A question that is asked before a command, and which answer leads on to it, where that is plain. */
export type Guard = { text: string; holds: boolean | undefined };

/** A command of a script, what is asked before it runs, and whether it may fail. */
export type Step = { words: string[]; guards: Guard[]; mayFail: boolean };

/** The commands of a shell script in their order, with variables in the place of their names. */
export function stepsIn(script: string, variables: ReadonlyMap<string, string>): Step[] {
  const walk = new Walk(new Map(variables));
  walk.through(parsed(script), []);
  return walk.steps;
}

/** The text with what is known of its variables; `${NAME:-other}` is the other if nothing is. */
export function expanded(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$(?:\{(\w+)(?::?[-=]([^}]*)|:?\?[^}]*)?\}|(\w+))/g,
    (whole, name = "", other, bare = "") => variables.get(name || bare) ?? other ?? whole,
  );
}

const VARIABLE = /\$(?:\{(\w+)(?::?[-=?][^}]*)?\}|(\w+))/g;
const COMPARISON =
  /^(!\s+)?(?:\[\[?|test)\s+(!\s+)?([^\s$`*]*)\s+(!?)==?\s+([^\s$`*]*)(?:\s+\]\]?)?$/;

/** What a comparison of two texts says; undefined where it is another question. */
function answerTo(question: string): boolean | undefined {
  const [whole, outer, inner, one, unequal, other] = COMPARISON.exec(question) ?? [];
  if (whole === undefined) return undefined;
  const isTurned = [outer, inner, unequal].filter(Boolean).length % 2 === 1;
  return (one === other) !== isTurned;
}

const ASSIGNMENT = /^(\w+)=(.*)$/s;
const DECLARING = ["export", "local", "readonly", "declare"];
const TESTS = /^(?:\[\[?|test|!|ls|find|stat|grep)$/;
const LEAVING = /^(?:exit|return)(?: 0)?$|^exec /;

class Walk {
  readonly steps: Step[] = [];
  readonly #variables: Map<string, string>;
  /** Those that the script is given, and never sets: they are the same wherever it asks for them. */
  readonly #given: Map<string, string>;
  readonly #functions = new Map<string, Node[]>();
  /** Functions that are under way: one that calls itself is followed once. */
  readonly #called: string[] = [];

  constructor(variables: Map<string, string>) {
    this.#variables = variables;
    this.#given = new Map(variables);
  }

  /** What leaves a script early is asked before all that comes after it. */
  through(nodes: readonly Node[], guards: readonly Guard[], mayFail = false): void {
    const all = [...guards];
    for (const node of nodes) all.push(...this.#node(node, all, mayFail));
  }

  /** Returns what was asked of those that leave here. */
  #node(node: Node, guards: readonly Guard[], mayFail: boolean): Guard[] {
    if (node.kind === "command") this.#command(node.words, guards, mayFail);
    else if (node.kind === "group") this.through(node.body, guards, mayFail);
    else if (node.kind === "function") this.#functions.set(node.name, node.body);
    else if (node.kind === "chain") return this.#chain(node.chain, guards, mayFail);
    else return this.#branches(node.branches, guards, mayFail);
    return [];
  }

  #command(written: readonly string[], guards: readonly Guard[], mayFail: boolean): void {
    const words = written.map((word) => expanded(word, this.#variables));
    const [name = ""] = words;
    const given = DECLARING.includes(name) ? words.slice(1) : words;
    if (given.every((word) => ASSIGNMENT.test(word))) {
      for (const word of given) this.#set(word);
      return;
    }
    const body = this.#functions.get(name);
    if (!body || this.#called.includes(name)) {
      const own = words.slice(words.findIndex((word) => !ASSIGNMENT.test(word)));
      this.steps.push({ words: own, guards: [...guards], mayFail });
      return;
    }
    this.#called.push(name);
    this.through(body, guards, mayFail);
    this.#called.pop();
  }

  #set(word: string): void {
    const [, name = "", value = ""] = ASSIGNMENT.exec(word) ?? [];
    this.#variables.set(name, value);
    this.#given.delete(name);
  }

  #chain(chain: Chain, guards: readonly Guard[], mayFail: boolean): Guard[] {
    const asked = [...guards];
    const left: Guard[] = [];
    const isPlain = new Set(chain.slice(1).map(({ operator }) => operator)).size === 1;
    chain.forEach(({ node }, at) => {
      const next = chain[at + 1]?.operator;
      const onFailure = chain.slice(at + 1).some(({ operator }) => operator === "||");
      const own = isPiped(chain, at) ? inSubshell(node) : node;
      left.push(...this.#node(own, asked, mayFail || onFailure));
      const text = this.#textOf([node]);
      if (next === "|" || !next || !isAsked(text, next)) return;
      const leadsOn = next === "&&";
      const isSettled = this.#answer([node]) === leadsOn;
      if (!isSettled) asked.push({ text, holds: isPlain ? leadsOn : undefined });
      const rest = chain.slice(at + 1).some((each) => this.#leaves([each.node]));
      if (rest) left.push({ text, holds: chain.length === 2 ? !leadsOn : undefined });
    });
    return left;
  }

  #branches(branches: Branch[], guards: readonly Guard[], mayFail: boolean): Guard[] {
    const asked = [...guards];
    for (const { condition, body } of branches) {
      this.through(condition, asked, true);
      const text = this.#textOf(condition);
      const own = condition.length > 0 ? [text] : [];
      const open = this.#answer(condition) === true ? [] : own;
      this.through(body, [...asked, ...open.map((one) => ({ text: one, holds: true }))], mayFail);
      asked.push(...own.map((one) => ({ text: one, holds: false })));
    }
    return this.#leftBy(branches);
  }

  /** Where a branch leaves, what comes after all of them is for the others. */
  #leftBy(branches: readonly Branch[]): Guard[] {
    const leaving = branches.map(({ body }) => this.#leaves(body));
    if (!leaving.includes(true)) return [];
    const isWhole = branches.at(-1)?.condition.length === 0;
    const isOnlyStay = (at: number) =>
      isWhole && leaving.every((leaves, other) => leaves === (other !== at));
    return branches.flatMap(({ condition }, at): Guard[] => {
      if (condition.length === 0) return [];
      const holds = leaving[at] ? false : isOnlyStay(at) || undefined;
      return [{ text: this.#textOf(condition), holds }];
    });
  }

  #leaves(nodes: readonly Node[]): boolean {
    return nodes.some((node) => {
      if (node.kind === "group") return this.#leaves(node.body);
      return node.kind === "command" && LEAVING.test(node.words.join(" "));
    });
  }

  /** Whether a question is none, as all that it compares is known. */
  #answer([node, other]: readonly Node[]): boolean | undefined {
    if (node?.kind !== "command" || other) return undefined;
    const question = node.words.join(" ").replace(VARIABLE, (whole, name, bare) => {
      return this.#given.get(name ?? bare) ?? whole;
    });
    return answerTo(question);
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

function isPiped(chain: Chain, at: number): boolean {
  return [chain[at], chain[at + 1]].some((one) => one && /^\|&?$/.test(one.operator));
}

/** What is piped runs in a shell of its own, whose place alone an \`exec\` takes. */
function inSubshell(node: Node): Node {
  if (node.kind !== "command" || node.words[0] !== "exec") return node;
  return { ...node, words: node.words.slice(1) };
}

/** What is done first is a question if it is a test, or if nothing but its failure leads on. */
function isAsked(text: string, operator: string): boolean {
  const [name = "", ...args] = text.split(" ");
  const makesOnce = name === "mkdir" && !args.some((arg) => /^-\w*p/.test(arg));
  return (
    TESTS.test(name) ||
    (makesOnce && operator === "&&") ||
    (operator === "||" && !/\b(?:init|mkdir|cd|cp|chown|chmod)\b/.test(text))
  );
}
