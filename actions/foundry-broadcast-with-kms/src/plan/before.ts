import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ActionError, type Context, reason } from "@playbook/action";
import {
  type Address,
  type Deployment,
  planDigest,
  type Rights,
  readPlan,
  stepsOn,
} from "@playbook/evm";
import type { Digest } from "@playbook/state";
import { checkSequence } from "../parts.ts";
import type { Reachable } from "./chains.ts";
import { type Live, lookAt } from "./live.ts";
import { filesBelow } from "./tree.ts";
import type { Written } from "./written.ts";

/** What a release has left behind up to the part that is planned. */
export type Before = {
  /** Digest of the plan that was carried out last. */
  digest: Digest;
  /** The scripts' files as they are now, by their paths below the project. */
  files: Map<string, Buffer>;
  /** The sender's nonce on each of its chains when it was done, by the chain's name. */
  nonces: Map<string, number>;
  /** Whom its contracts obey, and those of the parts before it. */
  rights: Rights | undefined;
  /** The folder that holds it all, forge's recordings included. */
  folder: string;
};

/** How long a node may be behind another: a minute. */
const TRIES = 30;
const PAUSE_MS = 2_000;

type Asked = {
  deployment: Deployment;
  /** The lines of all parts. */
  scripts: string[];
  /** Folder with the results of the part before. */
  before: string;
};

/**
 * Reads what the part before has left behind; undefined for the first part, and for a whole
 * release. Throws `part-missing`, or what `checkSequence` does.
 */
export async function readBefore(asked: Asked): Promise<Before | undefined> {
  const { deployment, scripts, before: folder } = asked;
  const { part = 1 } = deployment;
  if (part > scripts.length) throw noSuchPart(part, scripts.length);
  if (part === 1) return undefined;

  const plan = readPlan(await readResult(folder, part));
  checkRelease(plan.deployment, deployment, folder);
  checkSequence(plan, deployment, scripts);
  const files = await filesIn(join(folder, "files"));
  const ends = plan.chains.map(
    ({ name, firstNonce }) => [name, firstNonce + stepsOn(plan, name).length] as const,
  );
  return {
    ...{ digest: planDigest(plan), files, rights: plan.rights, folder },
    nonces: new Map(ends),
  };
}

/**
 * Looks at a chain as the part before has left it, and waits for a node that is behind the one
 * which that part was sent through. Throws `node-behind` when it stays behind, and what `lookAt`
 * throws.
 */
export async function lookAfter(
  before: Before | undefined,
  reachable: Reachable,
  sender: Address,
  context: Context,
): Promise<Live> {
  const due = before?.nonces.get(reachable.chain.name) ?? 0;
  for (let attempt = 1; ; attempt += 1) {
    const live = await lookAt(reachable, sender, context);
    if (live.firstNonce >= due) return live;
    if (attempt === TRIES) throw behind(live, due);
    context.progress(`${live.name}: its node shows ${live.firstNonce} of ${due} transactions`);
    await context.clock.sleep(PAUSE_MS, context.signal);
  }
}

async function readResult(folder: string, part: number): Promise<string> {
  try {
    return await readFile(join(folder, "plan.json"), "utf8");
  } catch (error) {
    throw missing(part, `Its results are not in ${folder}: ${reason(error)}`, error);
  }
}

function checkRelease(found: Deployment, wanted: Deployment, folder: string): void {
  const parts = ["repository", "environment", "release"] as const;
  const other = parts.find((name) => found[name] !== wanted[name]);
  if (other) {
    throw missing(
      wanted.part ?? 1,
      `The results in ${folder} are of ${other} "${found[other]}", not "${wanted[other]}".`,
    );
  }
  if (found.part === undefined || found.part === Number(wanted.part) - 1) return;
  throw missing(wanted.part ?? 1, `The results in ${folder} are those of part ${found.part}.`);
}

async function filesIn(folder: string): Promise<Map<string, Buffer>> {
  const paths = await filesBelow(folder).catch(() => []);
  const read = paths.map(async (path) => [path, await readFile(join(folder, path))] as const);
  return new Map(await Promise.all(read));
}

/** Puts the files over a copy of the project, as if the scripts before had just run there. */
export async function layOver(
  { files, folder }: Before,
  copy: string,
  broadcast: string,
): Promise<void> {
  for (const [path, bytes] of files) await put(join(copy, path), bytes);
  for (const [path, bytes] of await filesIn(join(folder, broadcast))) {
    await put(join(copy, broadcast, path), bytes);
  }
}

/**
 * Of the files that differ from the project's, those that changed since the part before, and how.
 */
export function since(before: Before | undefined, written: Written[]): Written[] {
  if (!before) return written;
  const compared = written.map((file) => ({
    ...file,
    before: before.files.get(file.path) ?? file.before,
  }));
  return compared.filter((file) => !file.before?.equals(file.after));
}

async function put(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

function noSuchPart(part: number, scripts: number): ActionError {
  return new ActionError("bad-input", {
    what:
      `"stepwise" is ${part}, and "scripts" has ` +
      `${scripts === 1 ? "1 line" : `${scripts} lines`}.`,
    why: "It is the number of the line that this call plans and applies.",
    next: "Give a number for each line of `scripts`, from 1.",
  });
}

function behind({ name, firstNonce }: Live, due: number): ActionError {
  return new ActionError("node-behind", {
    what: `${name} does not show what the part before has sent.`,
    why: `Its node knows ${firstNonce} transactions of the key, and ${due} are done.`,
    next: `Give \`rpc-urls\` a node of ${name} that is in sync, and plan again.`,
  });
}

function missing(part: number, why: string, cause?: unknown): ActionError {
  return new ActionError(
    "part-missing",
    {
      what: `Part ${part} cannot be planned without what part ${part - 1} has left behind.`,
      why,
      next: `Let \`stepwise: ${part - 1}\` of this release run to its end first, in this run.`,
    },
    { cause },
  );
}
