import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { verifierList, type Weights } from "@playbook/axon";
import type { Validator } from "./validator.ts";

/** What is public, by the outputs' names. */
export type Shared = { validators: string; values: string; "verifier-list": string };

/** Puts what everybody may know into the forms that it is used in, and into files if asked to. */
export async function share(
  validators: Validator[],
  weights: Weights,
  folder: string | undefined,
): Promise<Shared> {
  const all = validators.map((validator) => ({ ...validator, ...weights }));
  const values = all.map(
    ({ name, publicKey, blsPublicKey, address, proposeWeight, voteWeight, roleArn }) => ({
      ...{ name, publicKey, blsPublicKey, address, proposeWeight, voteWeight, roleArn },
    }),
  );
  const shared = {
    validators: JSON.stringify(all),
    values: JSON.stringify(values),
    "verifier-list": verifierList(all),
  };
  if (!folder) return shared;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "validators.json"), `${JSON.stringify(all, null, 2)}\n`);
  await writeFile(
    join(folder, "values.json"),
    `${JSON.stringify({ validators: values }, null, 2)}\n`,
  );
  await writeFile(join(folder, "verifier-list.toml"), shared["verifier-list"]);
  return shared;
}
