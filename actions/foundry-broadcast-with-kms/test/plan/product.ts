import { cp, mkdir, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "@playbook/child";
import { type Chain, installSvm, temporaryFolder } from "@playbook/world";
import { foundry, shell } from "../../../../scripts/tools.ts";
import { compilers, installProduct } from "../../../../test/products/install.ts";
import type { PlanInputs } from "../../src/plan/planner.ts";
import { parseScript } from "../../src/plan/script.ts";
import { SENDER } from "./sender.ts";

const fixtures = fileURLToPath(new URL("./fixtures", import.meta.url));

export type Product = AsyncDisposable & {
  /** The Foundry project, built. */
  readonly project: string;
  /** A machine with Foundry on its PATH and compilers in its HOME, and nothing else. */
  readonly env: Environment & { PATH: string; HOME: string };
  /** What to plan: the project's scripts on these chains. */
  inputs(chains: readonly Chain[], ...scripts: string[]): Promise<PlanInputs>;
  /** Another checkout of the same project. */
  checkout(): Promise<string>;
  /** `forge script --broadcast` of the lines on the live chains, which need no key for SENDER. */
  broadcast(checkout: string, chains: readonly Chain[], ...scripts: string[]): Promise<void>;
};

/**
 * A copy of one of this folder's fixtures, or of the test product nexus, outside of this
 * repository.
 */
export async function openProduct(name: "vaults" | "nexus"): Promise<Product> {
  await using cleanup = new AsyncDisposableStack();
  const folder = cleanup.use(await temporaryFolder(`product-${name}`));
  const home = join(folder.path, "home");
  const project = join(folder.path, "product");
  await installSvm(home, name === "nexus" ? compilers : ["0.8.28", "0.8.20"]);
  if (name === "nexus") await installProduct(name, project, { compiled: "quick" });
  else await cp(join(fixtures, name), project, { recursive: true });

  const programs = [dirname(foundry("forge")), dirname(foundry("anvil"))];
  const env = { PATH: [...programs, "/usr/bin", "/bin"].join(delimiter), HOME: home };
  if (name === "nexus") Object.assign(env, { FOUNDRY_PROFILE: "quick" });
  else await shell(foundry("forge"), ["build", "--root", project], env);

  const parts = cleanup.move();
  let checkouts = 0;
  return {
    project,
    env,
    async inputs(chains, ...scripts) {
      const chainsFile = join(folder.path, "chains.json");
      await writeFile(chainsFile, JSON.stringify(chains.map((chain) => chain.metadata())));
      return {
        deployment: { repository: "khalani/vaults", environment: "test", release: "v1" },
        commit: "0123456789abcdef0123456789abcdef01234567",
        chains: chains.map(({ name }) => name),
        chainsFile,
        rpcUrls: [],
        project,
        scripts,
        sender: SENDER,
        gasMargin: 130,
        keeps: [],
        layouts: "storage-layouts/test.json",
        unsafeLayouts: [],
        differs: [],
        plan: join(folder.path, "plan"),
        before: join(folder.path, "results"),
      };
    },
    async checkout() {
      checkouts += 1;
      const copy = join(folder.path, `checkout-${checkouts}`);
      await mkdir(copy);
      await cp(project, copy, { recursive: true });
      return copy;
    },
    async broadcast(checkout, chains, ...scripts) {
      for (const chain of chains) {
        await chain.send("anvil_impersonateAccount", [SENDER]);
        await chain.setBalance(SENDER, 10n ** 20n);
      }
      const urls = chains.map(({ name, url }) => [`${name.toUpperCase()}_RPC_URL`, url]);
      for (const line of scripts) {
        const { target, signature, rpc, arguments: given } = parseScript(line, SENDER);
        const args = ["-C", checkout, foundry("forge"), "script", target, "--root", "."];
        args.push("--sender", SENDER, "--broadcast", "--unlocked", "--slow", "--legacy");
        // Before London half of the gas may be refunded, which forge's own margin does not cover.
        args.push("--gas-estimate-multiplier", "250");
        const only = chains.length === 1 ? chains[0]?.url : undefined;
        if (rpc ?? only) args.push("--rpc-url", rpc ?? only ?? "");
        if (signature) args.push("--sig", signature);
        await shell("env", [...args, ...given], { ...env, ...Object.fromEntries(urls) });
      }
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
