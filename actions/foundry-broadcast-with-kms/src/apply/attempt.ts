import { code, table } from "@playbook/action";
import { linked } from "@playbook/broadcast";
import { type ChainDone, type Plan, planDigest, stepsOn } from "@playbook/evm";
import type { Run } from "./apply.ts";
import { appendManifest, type Manifest, nextManifest } from "./manifest.ts";

/**
 * Takes what a failed attempt has made into the environment's manifest, as what it is: nothing that
 * the key has put on a chain is unknown afterwards. Once; an attempt that made nothing leaves no
 * entry.
 */
export async function recordAttempt(
  { opened: { store }, writer }: Pick<Run, "opened" | "writer">,
  plan: Plan,
  done: Map<string, ChainDone>,
): Promise<void> {
  const digest = planDigest(plan);
  const made = plan.chains.flatMap(({ name }) => madeOn(plan, name, done.get(name)));
  if (made.length === 0) return;
  const place = { store, writer, deployment: plan.deployment, isNew: false };
  await appendManifest(place, (entries) => {
    const own = entries.find((entry) => entry.plan === digest);
    return own ?? nextManifest(entries.at(-1), plan, digest, done, "failed");
  });
}

/** What the steps of one chain that took effect have made. */
export function madeOn(plan: Plan, chain: string, done: ChainDone | undefined) {
  const good = (done?.results ?? []).filter(({ succeeded }) => succeeded);
  const ids = new Set(good.map(({ step }) => step));
  return stepsOn(plan, chain)
    .filter(({ id }) => ids.has(id))
    .flatMap(({ creates }) => creates);
}

/** What stands of attempts at this release, on its chains, and is part of nothing. */
export function leftovers(plan: Plan, manifest: Manifest): string {
  const rows = plan.chains.flatMap((chain) =>
    (manifest.chains[chain.name]?.contracts ?? [])
      .filter(({ left, release }) => left && release === plan.deployment.release)
      .map(({ name, address, left }) => [
        chain.name,
        name ? code(name) : "without a name",
        linked(chain, "address", address),
        left ?? "",
      ]),
  );
  if (rows.length === 0) return "";
  const said = "These stand on the chains and are part of no release:";
  const listed = table(["Chain", "Contract", "Address", "Attempt"], rows);
  return `### Left behind by earlier attempts\n\n${said}\n\n${listed}`;
}
