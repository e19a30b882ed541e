/** Host and port of a URL: what may be printed of it. */
export function hostOf(url: string): string {
  return new URL(url).host;
}
