/** A file by its path in the site, and its bytes. */
export type Sized = { path: string; size: number };

/** A file that has another size than before; a new one had none. */
export type Growth = Sized & { by: number };

/** What a person looks at first: files that made a site larger or smaller, the most first. */
export function growth(files: Sized[], before: Sized[]): Growth[] {
  const old = new Map(before.map(({ path, size }) => [stem(path), size]));
  return files
    .map(({ path, size }) => ({ path, size, by: size - (old.get(stem(path)) ?? 0) }))
    .filter(({ by }) => by !== 0)
    .sort((one, other) => Math.abs(other.by) - Math.abs(one.by));
}

/** The name without its hash: the same file of two builds. */
function stem(path: string): string {
  return path.replace(/[-._][A-Za-z0-9_-]{8,}(?=(\.[A-Za-z0-9]+){1,2}$)/, "");
}

export function sum(files: Pick<Sized, "size">[]): number {
  return files.reduce((total, { size }) => total + size, 0);
}

export function difference(size: number): string {
  return size === 0 ? "–" : `${size > 0 ? "+" : "−"}${bytes(Math.abs(size))}`;
}

export function bytes(size: number): string {
  if (size < 1_000) return `${size} B`;
  const [unit, divisor] = size < 1_000_000 ? ["kB", 1_000] : ["MB", 1_000_000];
  return `${(size / (divisor as number)).toFixed(1)} ${unit}`;
}

export function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}

/** Text that Markdown leaves alone. */
export function code(text: string | undefined): string {
  return `\`${(text ?? "nothing").replaceAll("`", "'")}\``;
}
