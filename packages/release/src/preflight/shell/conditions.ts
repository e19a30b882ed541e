import type { Node } from "./shell-parser.ts";

/** What a condition is made of: whether all of it has to be so, or one does. */
export type Parts = { isAll: boolean; sides: Node[][] };

/** The two sides of a condition; undefined where it is one question. */
export function partsOf(node: Node): Parts | undefined {
  if (node.kind === "group") {
    const [only, other] = node.body;
    return only && !other ? partsOf(only) : undefined;
  }
  if (node.kind === "command") return partsOfTest(node.words);
  const last = node.kind === "chain" ? node.chain.at(-1) : undefined;
  if (node.kind !== "chain" || !last || !/^(?:&&|\|\|)$/.test(last.operator)) return undefined;
  const [first, ...others] = node.chain.slice(0, -1);
  if (!first) return undefined;
  const before = others.length > 0 ? { ...node, chain: [first, ...others] } : first.node;
  return { isAll: last.operator === "&&", sides: [[before], [last.node]] };
}

/** `[ a -a b ]` and `[ a -o b ]`. */
function partsOfTest(words: readonly string[]): Parts | undefined {
  const [name = "", ...asked] = words.at(-1) === "]" ? words.slice(0, -1) : words;
  if (!/^(?:\[|test)$/.test(name) || asked.includes("(")) return undefined;
  for (const operator of ["-o", "-a"]) {
    const at = asked.lastIndexOf(operator);
    if (at < 2 || asked.length - at < 3) continue;
    const sides = [asked.slice(0, at), asked.slice(at + 1)].map((side): Node[] => [
      { kind: "command", words: ["[", ...side, "]"] },
    ]);
    return { isAll: operator === "-a", sides };
  }
  return undefined;
}

/** What several answers are together. */
export function together(
  isAll: boolean,
  answers: readonly (boolean | undefined)[],
): boolean | undefined {
  if (answers.includes(!isAll)) return !isAll;
  return answers.includes(undefined) ? undefined : isAll;
}

/** A text that stands for itself, and for no pattern. */
const TEXT = "([^\\s$`*?[\\](){}|\\\\<>]*)";
const TEST = "^(!\\s+)?(?:\\[\\[?|test)\\s+(!\\s+)?";
const COMPARISON = new RegExp(`${TEST}${TEXT}\\s+(!?)==?\\s+${TEXT}(?:\\s+\\]\\]?)?$`);
const LENGTH = new RegExp(`${TEST}-([nz])\\s${TEXT}(?:\\s+\\]\\]?)?$`);

/** What a question says of texts that are known; undefined where it is another one. */
export function answerTo(question: string): boolean | undefined {
  const compared = COMPARISON.exec(question);
  if (compared) {
    const [, outer, inner, one, unequal, other] = compared;
    return turned(one === other, [outer, inner, unequal]);
  }
  const measured = LENGTH.exec(question);
  if (!measured) return undefined;
  const [, outer, inner, option, text] = measured;
  return turned((text === "") === (option === "z"), [outer, inner]);
}

/** An answer, the other way round for each sign that there is. */
export function turned(answer: boolean, signs: readonly (string | undefined)[]): boolean {
  return answer === (signs.filter(Boolean).length % 2 === 0);
}

/** What may give variables values that nobody sees. */
const SOURCES = /(?:^|[\n;&|({]|\b(?:then|else|do)\b)\s*(?:\.|source|eval)\s/;

/** Whether a script may give a variable a value of its own. */
export function isSettledBy(script: string, name: string): boolean {
  const sets = `\\b${name}\\+?=|\\b(?:read|for|unset|getopts|mapfile)\\b[^\\n;&|]*\\b${name}\\b`;
  return SOURCES.test(script) || new RegExp(sets).test(script);
}
