/** With its scheme, also one that was mistyped or cut while it was copied. */
const URLS = /\b(h?t{1,3}ps?|wss?):\/{1,3}(?:[^\s/@"'<>]*@)?([^\s/"'<>)\],?#]+)[^\s"'<>)\],]*/gi;

/**
 * What stands where a URL without its scheme may: perhaps a user and a password, a host, and what
 * follows it. Images, modules and labels are written so, too.
 */
const BARE =
  /(?<![\w./@:-])([^\s/@"'`<>:=(,{]{1,99}:[^\s/@"'<>]{1,99}@)?((?:[a-z\d-]+\.)+(?:[a-z]{2,}|\d+)(?::\d+)?|localhost(?::\d+)?)([/?][^\s"'`<>)\],:;\\]*)?/gi;

/** What nobody is to guess: long, with letters among digits, and no words with hyphens. */
const SIGNS_OF_A_KEY = [
  /(?<=\/)(?=[\w-]{16,}(?:[/?#]|\.?$))[\w-]*(?=\d*[a-z])(?=[a-z]*\d)[a-z\d]{12}/i,
  /(?<=\/)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{16,}(?=[/?#]|\.?$)/,
  /(?<=\/)[\da-f]{8}(?:-[\da-f]{4}){3}-/i,
  /\?[^=]*=./,
];

/** A URL as programs in Rust print it, to its end or the line's. */
const TAKEN_APART = /\bUrl \{.*?(?:\bfragment: .*? \}|$)/gm;
const HOST = /\bhost: .*?, port: [^,]*(?=, path: )/;

/**
 * A text with each URL in it cut to its host: the rest of an RPC URL is often a key. Of what has no
 * scheme, so much is taken for a URL as shows a password, a query or a key.
 */
export function hideUrls(text: string): string {
  return text
    .replaceAll(URLS, (_, scheme: string, host: string) => `${scheme}://${host}/…`)
    .replaceAll(BARE, (all, user: string | undefined, host: string, rest = "") =>
      user || SIGNS_OF_A_KEY.some((sign) => sign.test(rest)) ? `${host}/…` : all,
    )
    .replaceAll(TAKEN_APART, (url) => `Url { ${HOST.exec(url)?.[0] ?? ""}, … }`);
}
