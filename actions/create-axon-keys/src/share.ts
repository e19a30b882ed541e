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
  const values = validators.map(({ name, publicKey, blsPublicKey, roleArn }) => ({
    ...{ name, publicKey, blsPublicKey, ...weights, roleArn },
  }));
  const shared = {
    validators: JSON.stringify(validators),
    values: JSON.stringify(values),
    "verifier-list": verifierList(validators.map((it) => ({ ...it, ...weights }))),
  };
  if (!folder) return shared;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "validators.json"), `${JSON.stringify(validators, null, 2)}\n`);
  await writeFile(
    join(folder, "values.json"),
    `${JSON.stringify({ validators: values }, null, 2)}\n`,
  );
  await writeFile(join(folder, "verifier-list.toml"), shared["verifier-list"]);
  return shared;
}
