import { code, count, table } from "@playbook/action";

/** A file by its path in the site, and its bytes. */
export type Sized = { path: string; size: number };

/** A file that has another size than before; a new one had none, and one that is gone has none. */
export type Growth = Sized & { by: number; is: "new" | "gone" | "changed" };

/** What a person looks at first: files that made a site larger or smaller, the most first. */
export function growth(files: Sized[], before: Sized[]): Growth[] {
  const old = new Map(before.map((file) => [stem(file.path), file]));
  const now = new Set(files.map(({ path }) => stem(path)));
  const gone = before
    .filter(({ path }) => !now.has(stem(path)))
    .map(({ path, size }): Growth => ({ path, size: 0, by: -size, is: "gone" }));
  const kept = files.map(({ path, size }): Growth => {
    const known = old.get(stem(path));
    return { path, size, by: size - (known?.size ?? 0), is: known ? "changed" : "new" };
  });
  return [...kept, ...gone]
    .filter(({ by, is }) => by !== 0 || is !== "changed")
    .sort((one, other) => Math.abs(other.by) - Math.abs(one.by));
}

/** As many files are shown that have grown or shrunk. */
const SHOWN = 10;

/** A table of what made a site larger or smaller; empty where nothing did. */
export function growthTable(files: Sized[], before: Sized[], named: (path: string) => string) {
  const all = growth(files, before);
  if (all.length === 0) return "";
  const rows = all.slice(0, SHOWN).map(({ path, size, by, is }) => {
    return [
      code(named(path)),
      is === "gone" ? "gone" : bytes(size),
      is === "new" ? "new" : difference(by),
    ];
  });
  const more =
    all.length > SHOWN ? `\n\n${count(all.length - SHOWN, "other file")} changed less.` : "";
  return table(["File", "Size", "Change"], rows) + more;
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
