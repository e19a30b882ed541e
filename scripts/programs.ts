import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Programs that a machine brings, and how to get each. */
const sources = {
  npm: "install Node.js 20 or newer together with npm (https://nodejs.org)",
  python3: "install Python 3.11 or newer with venv (Debian and Ubuntu: apt install python3-venv)",
  go: "install Go 1.24 or newer (https://go.dev/dl)",
  cargo: "install Rust with cargo (https://rustup.rs)",
  git: "install git (Debian and Ubuntu: apt install git)",
  openssl: "install OpenSSL (Debian and Ubuntu: apt install openssl)",
  prlimit: "install util-linux (Debian and Ubuntu: apt install util-linux)",
  curl: "install curl (Debian and Ubuntu: apt install curl)",
  ps: "install procps (Debian and Ubuntu: apt install procps)",
};

export type ProgramName = keyof typeof sources;

/** What does not work without those that the tests use as they are, as the end of "without it". */
const uses = {
  git: "there are no products to release, and no release of this library",
  openssl: "no network is walled: nothing is tested behind a proxy and a CA",
  prlimit: "no disk is ever full",
  curl: "no pod of Axon's says whether it is ready",
  ps: "what the tests start may outlive them",
} satisfies Partial<Record<ProgramName, string>>;

export type UsedProgram = keyof typeof uses;

export const usedPrograms = Object.keys(uses) as UsedProgram[];

/** Where a program of the machine is, if it has it. */
export function onPath(name: ProgramName): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(existsSync);
}

/** How to get a program, as an order. */
export function sourceOf(name: ProgramName): string {
  return sources[name];
}

/** The path of a program that the tests use. Throws what to do when it is missing. */
export function program(name: UsedProgram): string {
  const path = onPath(name);
  if (path) return path;
  throw new Error(
    `${name} is missing: there is none on the PATH\n` +
      `  next: ${sources[name]} and run this again; without ${name}, ${uses[name]}`,
  );
}
