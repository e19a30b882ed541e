import { answerTo, isSettledBy, type Parts, partsOf, together } from "./conditions.ts";
import { type Branch, type Chain, type Node, parsed } from "./shell-parser.ts";

/**
 * A question that is asked before a command, and which answer leads on to it, where that is plain.
 */
export type Guard = {
  text: string;
  holds: boolean | undefined;
  /** Where several lead on, each by itself: what is asked for each. */
  any?: Guard[][];
};

/** A command of a script, what is asked before it runs, and whether it may fail. */
export type Step = { words: string[]; guards: Guard[]; mayFail: boolean };

/**
 * The commands of a shell script in their order, with variables in the place of their names. What
 * calls the script may have set some of them.
 */
export function stepsIn(
  script: string,
  variables: ReadonlyMap<string, string>,
  callers = "",
): Step[] {
  const told = [...variables].filter(([name]) => !isSettledBy(`${callers}\n${script}`, name));
  const walk = new Walk(new Map(variables), new Map(told));
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
const ASSIGNMENT = /^(\w+)=(.*)$/s;
const DECLARING = ["export", "local", "readonly", "declare"];
const TESTS = /^(?:\[\[?|test|!|ls|find|stat|grep)$/;
const LEAVING = /^(?:exit|return)(?: 0)?$|^exec /;

class Walk {
  readonly steps: Step[] = [];
  readonly #variables: Map<string, string>;
  /**
   * Those that the script is given, and never sets: they are the same wherever it asks for them.
   */
  readonly #given: ReadonlyMap<string, string>;
  readonly #functions = new Map<string, Node[]>();
  /** Functions that are under way: one that calls itself is followed once. */
  readonly #called: string[] = [];

  constructor(variables: Map<string, string>, given: ReadonlyMap<string, string>) {
    this.#variables = variables;
    this.#given = given;
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
    const isCall = this.#inside(name, (body) => this.through(body, guards, mayFail));
    if (isCall) return;
    const own = words.slice(words.findIndex((word) => !ASSIGNMENT.test(word)));
    this.steps.push({ words: own, guards: [...guards], mayFail });
  }

  /** Reads what a function has in it, once however it calls itself; whether it is one. */
  #inside(name: string, read: (body: readonly Node[]) => void): boolean {
    const body = this.#called.includes(name) ? undefined : this.#functions.get(name);
    if (!body) return false;
    this.#called.push(name);
    read(body);
    this.#called.pop();
    return true;
  }

  #set(word: string): void {
    const [, name = "", value = ""] = ASSIGNMENT.exec(word) ?? [];
    this.#variables.set(name, value);
  }

  #chain(chain: Chain, guards: readonly Guard[], mayFail: boolean): Guard[] {
    const asked = [...guards];
    const left: Guard[] = [];
    const isPlain = new Set(chain.slice(1).map(({ operator }) => operator)).size === 1;
    let went: boolean | undefined;
    chain.forEach(({ operator, node }, at) => {
      if (at > 0 && isPassedOver(operator, went)) return;
      const next = chain[at + 1]?.operator;
      const onFailure = chain.slice(at + 1).some(({ operator }) => operator === "||");
      const own = isPiped(chain, at) ? inSubshell(node) : node;
      left.push(...this.#node(own, asked, mayFail || onFailure));
      const answer = this.#answer([node]);
      const isSure = at === 0 || went !== undefined;
      went = isSure ? answer : together(operator === "&&", [undefined, answer]);
      const text = this.#textOf([node]);
      if (next === "|" || !next || !isAsked(text, next)) return;
      const leadsOn = next === "&&";
      if (answer === undefined) asked.push({ text, holds: isPlain ? leadsOn : undefined });
      if (answer !== undefined && (answer !== leadsOn || chain.length > 2)) return;
      const rest = chain.slice(at + 1).some((each) => this.#leaves([each.node]));
      if (rest) left.push({ text, holds: chain.length === 2 ? !leadsOn : undefined });
    });
    return left;
  }

  /** What is asked for one branch is known for those after it; one that is never taken is none. */
  #branches(branches: Branch[], guards: readonly Guard[], mayFail: boolean): Guard[] {
    const asked = [...guards];
    for (const { condition, body } of branches) {
      this.through(condition, asked, true);
      const answer = this.#answer(condition);
      const open = answer === undefined ? this.#guardsOf(condition, true) : [];
      if (answer !== false) this.through(body, [...asked, ...open], mayFail);
      if (answer === true) break;
      if (answer === undefined) asked.push(...this.#guardsOf(condition, false));
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
      if (condition.length === 0 || this.#answer(condition) === false) return [];
      const holds = leaving[at] ? false : isOnlyStay(at) || undefined;
      if (holds !== undefined) return this.#guardsOf(condition, holds);
      return [{ text: this.#textOf(condition), holds }];
    });
  }

  #leaves(nodes: readonly Node[]): boolean {
    return nodes.some((node) => {
      if (node.kind === "group") return this.#leaves(node.body);
      return node.kind === "command" && LEAVING.test(node.words.join(" "));
    });
  }

  /** What a condition says, as far as all that it compares is known. */
  #answer(condition: readonly Node[]): boolean | undefined {
    const parts = this.#partsOf(condition);
    if (parts)
      return together(
        parts.isAll,
        parts.sides.map((side) => this.#answer(side)),
      );
    const [node, other] = condition;
    if (node?.kind !== "command" || other) return undefined;
    const [name = ""] = node.words;
    if (/^(?:true|false|:)$/.test(name)) return name !== "false";
    const question = node.words.join(" ").replace(VARIABLE, (whole, name, bare) => {
      const value = this.#given.get(name ?? bare);
      return value === undefined || (value === "" && whole.includes(":")) ? whole : value;
    });
    return answerTo(question);
  }

  /** What has to be so for a condition to be answered in that way. */
  #guardsOf(condition: readonly Node[], holds: boolean): Guard[] {
    if (condition.length === 0) return [];
    const text = this.#textOf(condition);
    const { isAll, sides = [] } = this.#partsOf(condition) ?? {};
    const open = sides.filter((side) => this.#answer(side) === undefined);
    if (open.length === 0) return [{ text, holds }];
    const each = open.map((side) => this.#guardsOf(side, holds));
    return isAll === holds || each.length === 1 ? each.flat() : [{ text, holds, any: each }];
  }

  /** The parts of a condition, those of the function among them that it may be. */
  #partsOf(condition: readonly Node[]): Parts | undefined {
    const [node, other] = condition;
    if (!node || other) return undefined;
    let parts: Parts | undefined;
    const [name = ""] = node.kind === "command" ? node.words : [];
    const isCall = this.#inside(name, (body) => {
      parts = this.#partsOf(body);
    });
    return isCall ? parts : partsOf(node);
  }

  /** All words of a condition, those of its functions among them. */
  #textOf(nodes: readonly Node[]): string {
    return nodes
      .map((node): string => {
        if (node.kind === "chain") return this.#textOf(node.chain.map((each) => each.node));
        if (node.kind === "group") return this.#textOf(node.body);
        if (node.kind !== "command") return "";
        let text = expanded(node.words.join(" "), this.#variables);
        this.#inside(node.words[0] ?? "", (body) => {
          text = this.#textOf(body);
        });
        return text;
      })
      .join(" ");
  }
}

/** Whether what comes after an operator is not run, as is known of what comes before it. */
function isPassedOver(operator: string, went: boolean | undefined): boolean {
  return (operator === "&&" && went === false) || (operator === "||" && went === true);
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
