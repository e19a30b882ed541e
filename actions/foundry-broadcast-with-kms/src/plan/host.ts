/** A text with each URL in it cut to its host: the rest of an RPC URL is often a key. */
export function hideUrls(text: string): string {
  return text.replaceAll(
    /\b(https?|wss?):\/\/(?:[^\s/@"'<>]*@)?([^\s/"'<>)\],?#]+)[^\s"'<>)\],]*/gi,
    (_, scheme: string, host: string) => `${scheme}://${host}/…`,
  );
}

/** Colours and cursor movements taken out of a program's output. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what it is about
  return text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replaceAll("\r", "");
}
