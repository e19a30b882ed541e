/**
 * Any text as one segment of a key. Characters that are not safe in a path are written as `_` and
 * two hex digits a byte, so that two texts never share a segment.
 */
export function keySegment(text: string): string {
  const safe = text.replaceAll(/[^A-Za-z0-9.-]/g, (character) =>
    [...Buffer.from(character)].map((byte) => `_${byte.toString(16).padStart(2, "0")}`).join(""),
  );
  return safe.replace(/^\.+$/, (dots) => "_2e".repeat(dots.length));
}
