import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { variable } from "@playbook/action";
import { markDeleted } from "../../actions/foundry-broadcast-with-kms/test/apply/delete-marker.ts";
import { objectsBelow } from "../../actions/foundry-broadcast-with-kms/test/apply/kill/records.ts";
import { job } from "../../actions/foundry-broadcast-with-kms/test/apply/office.ts";
import type { Arena } from "./arena.ts";
import { type Attempt, attempt } from "./attempt.ts";
import type { Fault } from "./fault.ts";
import type { Keeper, Scene } from "./scene.ts";

const SOURCE = fileURLToPath(
  new URL("../../actions/foundry-broadcast-with-kms/src/index.ts", import.meta.url),
);
const SHIFTED_CLOCK = fileURLToPath(new URL("./shifted-clock.mjs", import.meta.url));

/** Several batches, so that there is a middle. */
const WINDOW = 3;

type MadePlan = { folder: string; digest: string };

/** Plans by what they are made of: the same on a chain that is as it was. */
const plans = new Map<string, MadePlan>();

let states = 0;

/** One release by our action, whose runs are processes as GitHub's runner starts them. */
export class Ours implements Keeper {
  readonly #scene: Scene;
  readonly #fault: Fault;
  /** Where its state lies: each of them begins without any. */
  readonly #place: string;
  #plan: MadePlan | undefined;

  constructor(scene: Scene, fault: Fault) {
    states += 1;
    this.#scene = scene;
    this.#fault = fault;
    this.#place = `state-${states}`;
  }

  async run(): Promise<Attempt> {
    const { arena, setting } = this.#scene;
    if (!this.#plan || setting.changed) {
      const planning = await this.#attemptPlan();
      if (!this.#plan) return planning;
    }

    const { office } = arena;
    const { role, KeyArn } = office;
    const isOpen = setting.place === "open bucket";
    const inputs = {
      ...this.#common("apply"),
      "plan-digest": this.#plan.digest,
      plan: this.#plan.folder,
      region: office.aws.region,
      key: KeyArn,
      state: this.#state,
      window: `${this.#fault.window ?? WINDOW}`,
      ...(isOpen ? {} : { role }),
      ...(setting.budget ? { budget: `${this.#scene.chain.name}=${setting.budget}` } : {}),
    };
    const { ACTIONS_ID_TOKEN_REQUEST_URL = "", ACTIONS_ID_TOKEN_REQUEST_TOKEN = "" } = process.env;
    const token = { ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN };
    const env = isOpen ? office.aws.environment(office.aws.admin) : token;
    return this.#attempt(inputs, { ...env, AWS_ENDPOINT_URL: office.aws.url });
  }

  async spoil(change: (text: string) => string): Promise<() => Promise<void>> {
    if (this.#scene.setting.place === "open bucket") {
      return markDeleted(this.#scene.aws, "open", `${this.#place}/ledgers/`);
    }
    const ledgers = join(this.#state, "ledgers");
    const names = await readdir(ledgers, { recursive: true });
    const path = join(
      ledgers,
      names
        .filter((one) => one.endsWith(".json"))
        .sort()
        .at(-1) ?? "",
    );
    const text = await readFile(path, "utf8");
    await writeFile(path, change(text));
    return () => writeFile(path, text);
  }

  /** Nothing of ours lies on the machine's disk but the plan, which is an artifact. */
  async loseDisk(): Promise<void> {}

  /** The kinds of entries that its ledger holds. */
  async kinds(): Promise<(string | undefined)[]> {
    const objects = await objectsBelow(this.#scene.aws, this.#state);
    return objects.filter(({ key }) => key.startsWith("ledgers/")).map(({ value }) => value.kind);
  }

  async changeScript(): Promise<void> {
    await changeScript(this.#scene.arena.project);
  }

  /** Plans on the chain as it is, before anything happens to it. */
  async plan(): Promise<void> {
    const { script = "run", steps = 12 } = this.#fault;
    const key = [await this.#scene.chain.genesisHash(), script, steps].join(" ");
    this.#plan = plans.get(key);
    if (this.#plan) return;
    await this.#attemptPlan();
    if (this.#plan) plans.set(key, this.#plan);
  }

  async #attemptPlan(): Promise<Attempt> {
    const { arena, chain, setting } = this.#scene;
    const { script = "run", steps = 12 } = this.#fault;
    const folder = await mkdtemp(join(arena.office.world.dir, "plan-"));
    await writeChains(arena, chain);
    const ended = await this.#attempt({
      ...this.#common("plan"),
      chains: chain.name,
      scripts: `script/Tally.s.sol:TallyScript --sig "${script}(uint256)" ${steps}`,
      sender: arena.office.signer,
      "rpc-urls": `${chain.name}=${setting.url}`,
      "chains-file": join(arena.project, "chains.yaml"),
      project: arena.project,
      plan: folder,
    });
    const digest = /plan-digest<<(\S+)\n(sha256:[0-9a-f]{64})/.exec(ended.output)?.[2];
    if (digest) this.#plan = { folder, digest };
    return ended;
  }

  get #state(): string {
    const { office } = this.#scene.arena;
    const places = {
      bucket: `${office.State}/${this.#place}`,
      folder: join(office.world.dir, this.#place),
      "open bucket": `s3://open/${this.#place}`,
    };
    return places[this.#scene.setting.place];
  }

  #common(mode: string) {
    const { chain, setting } = this.#scene;
    const { environment = "" } = job;
    const urls = `${chain.name}=${setting.url}`;
    return { mode, environment, release: "v1", "rpc-urls": urls };
  }

  async #attempt(inputs: Record<string, string>, env: Record<string, string> = {}) {
    const { arena } = this.#scene;
    const cwd = await mkdtemp(join(arena.office.world.dir, "job-"));
    const pairs = Object.entries(inputs).map(([name, value]) => `${variable(name)}=${value}`);
    const node = [process.execPath, "--disable-warning=ExperimentalWarning"];
    const files = { GITHUB_STEP_SUMMARY: join(cwd, "summary"), GITHUB_OUTPUT: join(cwd, "output") };
    for (const path of Object.values(files)) await writeFile(path, "");
    const ended = await attempt(
      {
        // A shell would lose the inputs: their names are none to it.
        args: ["env", ...pairs, ...node, "--import", SHIFTED_CLOCK, SOURCE],
        cwd,
        env: {
          ...arena.env,
          NODE_COMPILE_CACHE: join(arena.office.world.dir, "compiled"),
          GITHUB_ACTIONS: "true",
          GITHUB_REPOSITORY: job.repository,
          ...files,
          ...env,
        },
      },
      (run) => this.#scene.started(run),
      (code, output) => (code === 0 ? "done" : (/code: ([a-z-]+)/.exec(output)?.[1] ?? "unknown")),
    );
    const outputs = await readFile(files.GITHUB_OUTPUT, "utf8");
    await rm(cwd, { recursive: true });
    return { ...ended, output: `${ended.output}\n${outputs}` };
  }
}

/** The chains file of the product, as the world's chains are. */
async function writeChains({ project }: Arena, chain: Scene["chain"]): Promise<void> {
  await mkdir(project, { recursive: true });
  const text = JSON.stringify({ [chain.name]: chain.metadata() });
  await writeFile(join(project, "chains.yaml"), text);
}

/** The product's next commit: the calls of the script have other numbers. */
export async function changeScript(project: string): Promise<void> {
  const path = join(project, "script/Tally.s.sol");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace("FIRST = 1;", "FIRST = 1001;"));
}
