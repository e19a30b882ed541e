import type { Guard } from "./shell.ts";

/** What a script asks for before it goes on, and whether it goes on where that is there. */
export type Question = {
  of: "file" | "list" | "success";
  /** A file, or what lists files. */
  what: string;
  isThere: boolean | undefined;
  /** Whether it goes on only where nothing at all is. */
  isEmpty?: boolean;
};

const TEST = "^(!\\s+)?(?:\\[\\[?|test)\\s+(!\\s+)?";
const END = "(?:\\s+\\]\\]?)?$";

const OF_FILE = new RegExp(`${TEST}-[defrswx]\\s+(\\S+)${END}`);
const OF_LIST = new RegExp(`${TEST}(?:-([nz])\\s+)?(\\$\\((?:ls|find)\\s.*\\))${END}`);
const OF_COUNT = new RegExp(
  `${TEST}(\\$\\((?:ls|find)\\s.*\\bwc\\s+-l\\s*\\))\\s+(-\\w\\w|!=|==?)\\s+(\\d+)${END}`,
);
const SUCCESS = /^(!\s+)?(?:ls|stat|find)\s(?:.*\sgrep\s)?(?:.*\s)?([^\s-]\S*)$/;

/** What some other program tells is a name that is not known, whatever it is told. */
const TOLD = /\$\((?!\s*(?:ls|find|stat|du)\b)(?:\\.|[^()\\]|\((?:\\.|[^()\\])*\))*\)/gs;

/** A question without what other programs tell it. */
export function untold(text: string): string {
  return text.replace(TOLD, "$TOLD");
}

/** What is asked of files; undefined where that is not plain, or it is of something else. */
export function questionIn({ text, holds }: Guard): Question | undefined {
  const guard = { text: untold(text), holds };
  return fileIn(guard) ?? countIn(guard) ?? listIn(guard) ?? successIn(guard);
}

function fileIn({ text, holds }: Guard): Question | undefined {
  const [whole, outer, inner, what = ""] = OF_FILE.exec(text) ?? [];
  return whole === undefined
    ? undefined
    : { of: "file", what, isThere: turned(holds, outer, inner) };
}

function listIn({ text, holds }: Guard): Question | undefined {
  if (/^\$\((?:ls|find)\s.*\)$/.test(text)) return { of: "list", what: text, isThere: undefined };
  const [whole, outer, inner, option, what = ""] = OF_LIST.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const isThere = turned(holds, outer, inner, option === "z" ? option : undefined);
  return { of: "list", what, isThere, isEmpty: isThere === false && !isOfSome(what) };
}

/** Of a few files it is asked whether there are any, and of many how much is there. */
const FEW = 2;

function countIn({ text, holds }: Guard): Question | undefined {
  const [whole, outer, inner, what = "", operator = "", number] = OF_COUNT.exec(text) ?? [];
  const { isMore, most } = amountOf(operator, Number(number));
  if (whole === undefined || most < 0 || most > FEW) return undefined;
  const isThere = turned(holds, outer, inner, isMore ? undefined : operator);
  const isEmpty = isThere === false && most === 0 && !isOfSome(what);
  return { of: "list", what, isThere, isEmpty };
}

/** Whether there are to be more than so many. */
function amountOf(operator: string, number: number): { isMore: boolean; most: number } {
  const isBelow = /^-(?:ge|lt)$/.test(operator);
  const isZero = /^(?:-eq|-ne|!?==?)$/.test(operator) && number === 0;
  const isKnown = isZero || isBelow || /^-(?:gt|le)$/.test(operator);
  const most = isBelow ? number - 1 : number;
  return { isMore: /^(?:-gt|-ge|-ne|!=)$/.test(operator), most: isKnown ? most : -1 };
}

function successIn({ text, holds }: Guard): Question | undefined {
  const [whole, outer, what = ""] = SUCCESS.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const isOfOthers = /\sgrep\s+-\w*v/.test(text);
  return { of: "success", what, isThere: isOfOthers ? undefined : turned(holds, outer) };
}

/** Whether it lists some files alone, by what they are called. */
export function isOfSome(list: string): boolean {
  return /\s-i?(?:name|path|regex)\b|\bgrep\b/.test(list);
}

/** The other way round for each sign that there is. */
function turned(holds: boolean | undefined, ...signs: (string | undefined)[]): boolean | undefined {
  if (holds === undefined) return undefined;
  return holds === (signs.filter((sign) => sign !== undefined).length % 2 === 0);
}
