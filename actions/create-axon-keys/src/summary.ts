import { code, table } from "@playbook/action";
import type { Inputs } from "./run.ts";
import { type Keys, secretOf, validatorOf } from "./validator.ts";

/** What a person sees: whose keys there are, and what is public of them. */
export function summaryOf(
  { mode, validators, prefix }: Inputs,
  all: Keys[],
  { created, drifts }: { created: number; drifts: readonly string[] },
) {
  const rows = validators.map((wanted, at) => {
    const known = validatorOf(wanted, all[at] ?? {});
    const secrets = `${secretOf(prefix, wanted, "net")}, ${secretOf(prefix, wanted, "bls")}`;
    const found = known
      ? [code(known.peerId), code(known.address), code(known.publicKey)]
      : ["to be made", "", ""];
    return [wanted.name, ...found, code(secrets)];
  });
  const word = mode === "plan" ? "would be made" : "made";
  return [
    `## Keys of ${validators.length} Axon validators: ${created} ${word}`,
    "",
    table(["Validator", "Peer id", "Address", "Public key", "Secrets"], rows),
    "",
    drifts.length > 0
      ? drifts.map((drift) => `- ⚠️ ${drift}`).join("\n")
      : `Each key ${mode === "plan" ? "will be" : "is"} read by its validator's ` +
        "role alone, and nobody can change it.",
  ].join("\n");
}
