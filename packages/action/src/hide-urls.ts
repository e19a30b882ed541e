const URLS = /\b(https?|wss?):\/\/(?:[^\s/@"'<>]*@)?([^\s/"'<>)\],?#]+)[^\s"'<>)\],]*/gi;

/** A URL as programs in Rust print it, to its end or the line's. */
const TAKEN_APART = /\bUrl \{.*?(?:\bfragment: .*? \}|$)/gm;
const HOST = /\bhost: .*?, port: [^,]*(?=, path: )/;

/** A text with each URL in it cut to its host: the rest of an RPC URL is often a key. */
export function hideUrls(text: string): string {
  return text
    .replaceAll(URLS, (_, scheme: string, host: string) => `${scheme}://${host}/…`)
    .replaceAll(TAKEN_APART, (url) => `Url { ${HOST.exec(url)?.[0] ?? ""}, … }`);
}
