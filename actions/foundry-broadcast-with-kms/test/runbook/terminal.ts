import { readFileSync } from "node:fs";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { type AwsCommand, type Process, startProcess } from "@playbook/world";
import { foundry, root } from "../../../../scripts/tools.ts";

/** A block of a page: a command or a file, under a heading. */
export type Block = { heading: string; language: string; text: string };

/** The blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  let heading = "";
  const found: Block[] = [];
  for (const [whole, title, language = "", text = ""] of page.matchAll(
    /^## (.+)$|^```(\w+)\n([\s\S]*?)^```$/gm,
  )) {
    if (whole.startsWith("## ")) heading = title ?? "";
    else found.push({ heading, language, text });
  }
  return found;
}

/**
 * The variables that a page leaves to its reader: those of its block that begins with `# yours`.
 */
export function variablesOf(blocks: Block[]): string[] {
  const yours = blocks.find(({ text }) => text.startsWith("# yours"));
  return [...(yours?.text ?? "").matchAll(/^export (\w+)=/gm)].map(([, name = ""]) => name);
}

export const readRunbook = (): Block[] =>
  blocksOf(readFileSync(join(root, "docs", "keys.md"), "utf8"));

/** A terminal in a folder of its own, in which a page's blocks are run one after the other. */
export class Terminal implements AsyncDisposable {
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly #desk: AsyncDisposable;
  #blocks = 0;
  #running: Process | undefined;

  private constructor(folder: string, env: Record<string, string>, desk: AsyncDisposable) {
    this.#folder = folder;
    this.#env = env;
    this.#desk = desk;
  }

  static async open(folder: string, env: Record<string, string>, aws: AwsCommand) {
    const programs = join(folder, "programs");
    await mkdir(programs, { recursive: true });
    for (const part of ["actions", "templates"]) {
      await symlink(join(root, part), join(folder, part));
    }
    const desk = await openDesk(aws);
    await program(join(programs, "aws"), AWS.replace("URL", JSON.stringify(desk.url)));
    const playbook = `exec "${process.execPath}" "${join(root, "scripts/playbook.ts")}" "$@"`;
    await program(join(programs, "pnpm"), `#!/bin/sh\nshift\n${playbook}\n`);
    await writeFile(join(folder, "variables"), "");

    const path = [programs, dirname(foundry("cast")), dirname(foundry("anvil"))];
    path.push(dirname(foundry("forge")), dirname(process.execPath), "/usr/bin", "/bin");
    return new Terminal(folder, { ...env, PATH: path.join(":") }, desk);
  }

  /** Runs a block; its output. Variables that it sets are there for the next one. */
  async run(block: string): Promise<string> {
    this.#blocks += 1;
    const script = join(this.#folder, `block-${this.#blocks}.sh`);
    await writeFile(script, `set -euo pipefail\nsource variables\n${block}\n${KEEP}\n`);
    const args = [script];
    const started = { name: `block ${this.#blocks}`, command: "bash", args };
    const run = await startProcess({ ...started, cwd: this.#folder, env: this.#env });
    this.#running = run;
    const { code } = await run.exited;
    await run.stop(0);
    if (code === 0) return run.output();
    throw new Error(`This ended with ${code}:\n${block}\n${run.output()}`);
  }

  /** SIGKILL for what runs, and for all that it has started. */
  async kill(): Promise<void> {
    await this.#running?.stop(0);
  }

  /** The value of a variable that a block has set. */
  async variable(name: string): Promise<string> {
    return (await this.run(`echo "value:\${${name}:-}"`)).split("value:")[1]?.trim() ?? "";
  }

  read(path: string): Promise<string> {
    return readFile(join(this.#folder, path), "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#desk[Symbol.asyncDispose]();
  }
}

/** Writes down what a block has set for the next one, in bash's own words. */
const KEEP =
  "for name in NEW_KEY NEW_SENDER TREASURY; do declare -p $name " +
  "|| true; done > variables 2> /dev/null";

/** The command that the test answers. */
const AWS = `#!/usr/bin/env node
const answer = await fetch(URL, { method: "POST", body: JSON.stringify(process.argv.slice(2)) });
(answer.ok ? process.stdout : process.stderr).write(await answer.text());
process.exitCode = answer.ok ? 0 : 1;
`;

async function program(path: string, source: string): Promise<void> {
  await writeFile(path, source);
  await chmod(path, 0o755);
}

async function openDesk(aws: AwsCommand) {
  const server = createServer(async (request, response) => {
    try {
      response.end(await aws(JSON.parse(await text(request)) as string[]));
    } catch (error) {
      response.statusCode = 400;
      response.end(`${error}\n`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}
