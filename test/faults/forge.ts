import { readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { foundry, shell } from "../../scripts/tools.ts";
import { freshCheckout } from "./arena.ts";
import { type Attempt, attempt } from "./attempt.ts";
import type { Fault } from "./fault.ts";
import { changeScript } from "./ours.ts";
import type { Keeper, Scene } from "./scene.ts";
import type { Wanted } from "./verdict.ts";

/** How long forge waits for a receipt, in seconds. Its default, 120, would make a long table. */
const PATIENCE_S = 5;

/** What forge writes of a dry run, as far as steps are judged by it. */
type DryRun = {
  transactions: {
    transaction: { nonce: string; to?: string | null; input: string; value?: string };
    contractAddress: string | null;
    transactionType: string;
  }[];
};

const wishes = new Map<string, Wanted[]>();

/**
 * What the script of a fault is to do on the chain as it was at the start, by a dry run of forge.
 */
export async function wantedBy(scene: Scene, fault: Fault): Promise<Wanted[]> {
  const { arena, chain } = scene;
  const [script, signature, steps] = scriptOf(fault);
  const key = [chain.name, signature, steps].join(" ");
  const known = wishes.get(key);
  if (known) return known;

  const reach = ["--rpc-url", chain.directUrl, "--sender", arena.office.signer];
  const args = [
    "script",
    join(arena.project, script),
    "--sig",
    signature,
    steps,
    ...reach,
    "--skip-simulation",
  ];
  await shell(foundry("forge"), [...args, "--root", arena.project], arena.env);
  const path = join("broadcast/Tally.s.sol", String(chain.id), "dry-run", recordOf(fault));
  const { transactions } = JSON.parse(await readFile(join(arena.project, path), "utf8")) as DryRun;
  const wanted = transactions.map(({ transaction, contractAddress, transactionType }) => ({
    nonce: Number(transaction.nonce),
    to: transaction.to ?? null,
    data: transaction.input,
    value: transaction.value ?? "0x0",
    creates: transactionType === "CREATE" ? (contractAddress ?? undefined) : undefined,
  }));
  wishes.set(key, wanted);
  // forge resumes from a dry run when it finds nothing better.
  await freshCheckout(arena.project);
  return wanted;
}

/** The script, its function and how many steps. */
function scriptOf({ script = "run", steps = 12 }: Fault): [string, string, string] {
  return ["script/Tally.s.sol:TallyScript", `${script}(uint256)`, String(steps)];
}

/** forge calls its record after the function. */
const recordOf = ({ script = "run" }: Fault) => `${script}-latest.json`;

/** The same script by `forge script --broadcast --aws`, whose record is its broadcast folder. */
export class Forge implements Keeper {
  readonly #scene: Scene;
  readonly #fault: Fault;
  readonly #clock: string | undefined;

  /** `clock` is the library that sets a program's clock back, where there is one. */
  constructor(scene: Scene, fault: Fault, clock?: string) {
    this.#scene = scene;
    this.#fault = fault;
    this.#clock = clock;
  }

  async run(resume: boolean): Promise<Attempt> {
    const { arena, chain, setting } = this.#scene;
    const { office, project } = arena;
    const [script, signature, steps] = scriptOf(this.#fault);
    const session = office.aws.openSession(office.role);
    return attempt(
      {
        args: [
          foundry("forge"),
          ...["script", script, "--sig", signature, steps],
          ...["--rpc-url", setting.url, "--chain", String(chain.id)],
          ...["--broadcast", "--aws", "--sender", office.signer, "--non-interactive"],
          ...(resume ? ["--resume"] : []),
        ],
        cwd: project,
        env: {
          ...arena.env,
          ...office.aws.environment(session),
          AWS_KMS_KEY_ID: office.KeyArn,
          FOUNDRY_TRANSACTION_TIMEOUT: String(PATIENCE_S),
          ...(this.#clock ? { LD_PRELOAD: this.#clock } : {}),
        },
      },
      (run) => this.#scene.started(run),
      (code, output) => (code === 0 ? "done" : lastError(output)),
    );
  }

  async spoil(change: (text: string) => string): Promise<() => Promise<void>> {
    const path = join(this.#broadcast, String(this.#scene.chain.id), recordOf(this.#fault));
    const text = await readFile(path, "utf8");
    const spoilt = change(text);
    await (spoilt === "" ? unlink(path) : writeFile(path, spoilt));
    return () => writeFile(path, text);
  }

  /** A fresh checkout has neither `broadcast/` nor `cache/`. */
  async loseDisk(): Promise<void> {
    await freshCheckout(this.#scene.arena.project);
  }

  async changeScript(): Promise<void> {
    await changeScript(this.#scene.arena.project);
  }

  get #broadcast(): string {
    return join(this.#scene.arena.project, "broadcast", "Tally.s.sol");
  }
}

function lastError(output: string): string {
  const [, said] = /Error: ([^\n]*)/.exec(output) ?? [];
  return said ? `error: ${said}` : "error";
}
