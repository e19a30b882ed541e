import { sessionPolicy } from "@playbook/access";
import { ActionError, type Context, type parseInputs, type Report } from "@playbook/action";
import { openSession } from "@playbook/aws";
import { statements } from "./access.ts";
import { driftsOf } from "./drift.ts";
import type { schema, Wanted } from "./inputs.ts";
import { KINDS } from "./kind.ts";
import { type Shared, share } from "./share.ts";
import { summaryOf } from "./summary.ts";
import {
  type Keys,
  makeKeys,
  type Place,
  storedKeys,
  type Validator,
  validatorOf,
} from "./validator.ts";
import { openVault } from "./vault.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>>;

/** Shows which keys there are, or makes those that are missing: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  const place = await openPlace(inputs, context);
  const before = await storedOf(place, inputs);
  const missing = before.flatMap((keys) => KINDS.filter((kind) => !keys[kind])).length;
  if (inputs.mode === "plan") return reportOf(inputs, before, missing, context);

  let created = 0;
  for (const [at, wanted] of inputs.validators.entries()) {
    context.progress(`Keys of ${wanted.name}, ${at + 1} of ${inputs.validators.length}.`);
    created += await makeKeys(place, wanted, before[at] ?? {});
  }
  // Read again, and not taken from memory: what counts is what is stored.
  return reportOf(inputs, await storedOf(place, inputs), created, context);
}

async function openPlace(inputs: Inputs, context: Context): Promise<Place> {
  const { role, region, prefix, kmsKey } = inputs;
  const [, partition = "aws", , , account = ""] = kmsKey.split(":");
  const policy = sessionPolicy(statements, { partition, region, account, prefix, kmsKey });
  const session = await openSession({ role, region, policy, name: "playbook-keys", context });
  // The account's root keeps them as well: without it a role that is lost would take the keys
  // along.
  const keepers = role ? [role, `arn:${partition}:iam::${account}:root`] : [];
  return { vault: openVault({ session, kmsKey, context }), prefix, keepers };
}

async function storedOf(place: Place, { validators, changeRole }: Inputs): Promise<Keys[]> {
  const all: Keys[] = [];
  for (const wanted of validators) all.push(await storedKeys(place, wanted));
  checkTwice(
    validators.map(({ name }) => name),
    all,
  );
  validators.forEach((wanted, at) => {
    if (!changeRole.includes(wanted.name)) checkRole(wanted, all[at] ?? {});
  });
  return all;
}

/** A key that is there changes hands by a person's word alone. Throws `another-role`. */
function checkRole({ name, roleArn }: Wanted, keys: Keys): void {
  for (const kind of KINDS) {
    const { secret, guard } = keys[kind] ?? {};
    if (guard?.is !== "another's") continue;
    throw new ActionError("another-role", {
      what: `${secret} is there for ${guard.role}, and not for ${roleArn}.`,
      why:
        `${name}'s pod could not read it any more, and another ` +
        "one could, which would sign with it.",
      next:
        `Correct "validators"; or name ${name} in ` +
        '"change-role", if its role is another one now.',
    });
  }
}

/** Two validators with one key would sign against each other. */
function checkTwice(names: string[], all: Keys[]): void {
  for (const kind of KINDS) {
    const keys = all.map((one) => one[kind]?.publicKey);
    const second = keys.findIndex((key, at) => key !== undefined && keys.indexOf(key) < at);
    if (second < 0) continue;
    const first = names[keys.indexOf(keys[second])];
    throw new ActionError("shared-key", {
      what: `${names[second]} has the same ${kind} key as ${first}.`,
      why: "Two nodes that sign with one key contradict each other, and the chain may stand still.",
      next: `Stop one of them, and give it a name of its own here, for which keys are made.`,
    });
  }
}

async function reportOf(
  inputs: Inputs,
  all: Keys[],
  created: number,
  context: Context,
): Promise<Report> {
  const known = inputs.validators.map((wanted, at) => validatorOf(wanted, all[at] ?? {}));
  const validators = known.filter((one): one is Validator => one !== undefined);
  const weights = { proposeWeight: inputs.proposeWeight, voteWeight: inputs.voteWeight };
  const shared: Shared = await share(validators, weights, inputs.folder);
  const drifts = driftsOf(all, inputs.kmsKey);
  for (const drift of drifts) context.warn(drift);
  return {
    outputs: { ...shared, created },
    summary: summaryOf(inputs, all, { created, drifts }),
  };
}
