/** A text with each URL in it cut to its host: the rest of an RPC URL is often a key. */
export function hideUrls(text: string): string {
  return text.replaceAll(
    /\b(https?|wss?):\/\/(?:[^\s/@"'<>]*@)?([^\s/"'<>)\],?#]+)[^\s"'<>)\],]*/gi,
    (_, scheme: string, host: string) => `${scheme}://${host}/…`,
  );
}
