/*
 * How graph-node calls the query fields of a type: by the words of the crate that it uses for it.
 * Protocol: crates.io/crates/Inflector 0.11, `to_plural` and `to_camel_case`
 */

/**
 * The first that fits from the end counts: what its first group holds stays, the rest is replaced.
 */
const RULES: [RegExp, string][] = [
  [/(\w*)s$/, "s"],
  [/(\w*([^aeiou]ese))$/, ""],
  [/(\w*(ax|test))is$/, "es"],
  [/(\w*(alias|[^aou]us|tlas|gas|ris))$/, "es"],
  [/(\w*(e[mn]u))s?$/, "s"],
  [/(\w*([^l]ias|[aeiou]las|[emjzr]as|[iu]am))$/, ""],
  [
    /(\w*(alumn|syllab|octop|vir|radi|nucle|fung|cact|stimul|termin|bacill|foc|uter|loc|strat))(?:us|i)$/,
    "i",
  ],
  [/(\w*(alumn|alg|vertebr))(?:a|ae)$/, "ae"],
  [/(\w*(seraph|cherub))(?:im)?$/, "im"],
  [/(\w*(her|at|gr))o$/, "oes"],
  [
    /(\w*(agend|addend|millenni|dat|extrem|bacteri|desiderat|strat|candelabr|errat|ov|symposi|curricul|automat|quor))(?:a|um)$/,
    "a",
  ],
  [
    /(\w*(apheli|hyperbat|periheli|asyndet|noumen|phenomen|criteri|organ|prolegomen|hedr|automat))(?:a|on)$/,
    "a",
  ],
  [/(\w*)sis$/, "ses"],
  [/(\w*(kni|wi|li))fe$/, "ves"],
  [/(\w*(ar|l|ea|eo|oa|hoo))f$/, "ves"],
  [/(\w*([^aeiouy]|qu))y$/, "ies"],
  [/(\w*([^ch][ieo][ln]))ey$/, "ies"],
  [/(\w*(x|ch|ss|sh|zz)es)$/, ""],
  [/(\w*(x|ch|ss|sh|zz))$/, "es"],
  [/(\w*(matr|cod|mur|sil|vert|ind|append))(?:ix|ex)$/, "ices"],
  [/(\w*(m|l)(?:ice|ouse))$/, "ice"],
  [/(\w*(pe)(?:rson|ople))$/, "ople"],
  [/(\w*(child))(?:ren)?$/, "ren"],
  [/(\w*eaux)$/, ""],
];

/**
 * `transfer` and `transfers` for the type Transfer; `_collection` where the plural is no other
 * word.
 */
export function queryNames(type: string): { one: string; many: string } {
  const one = camelCase(type);
  const many = camelCase(plural(type));
  return { one, many: many === one ? `${many}_collection` : many };
}

/** Types begin with a capital, so the crate's lists of words that have no plural never count. */
function plural(word: string): string {
  for (const [rule, replacement] of RULES.toReversed()) {
    const [, stem] = rule.exec(word) ?? [];
    if (stem !== undefined) return stem + replacement;
  }
  return `${word}s`;
}

/** A capital begins a word where a small letter stands before it: `LPToken` is `lptoken`. */
function camelCase(text: string): string {
  let [result, isNewWord, last] = ["", false, " "];
  for (const char of text) {
    if (char === "_") {
      isNewWord = result !== "";
    } else if (/\d/.test(char)) {
      [result, isNewWord] = [result + char, true];
    } else if (isNewWord || (/[a-z]/.test(last) && /[A-Z]/.test(char))) {
      [result, isNewWord] = [result + char.toUpperCase(), false];
    } else {
      [result, last] = [result + char.toLowerCase(), char];
    }
  }
  return result;
}
