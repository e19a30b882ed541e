import { sessionPolicy } from "@playbook/access";
import type { Context } from "@playbook/action";
import { openKey, openSession } from "@playbook/aws";
import { TRIAL } from "@playbook/broadcast";
import type { Address, Signer } from "@playbook/evm";
import { computeAddress, hexlify } from "ethers";
import { statements } from "./access.ts";
import { follow } from "./follow.ts";
import { nameOf, verdictOf } from "./journey.ts";
import { sendFrom } from "./send.ts";
import type { Station } from "./station.ts";
import type { Checked } from "./summary.ts";
import type { WatchInputs } from "./watch.ts";

export type SendInputs = WatchInputs & { signer: Signer; run?: string | undefined };

/** Sends a message on each route, all origins at once, and follows all of them to their end. */
export async function sendAll(
  stations: readonly Station[],
  inputs: SendInputs,
  context: Context,
): Promise<Checked["messages"]> {
  const text = `khalani/playbook check-hyperlane, ${inputs.run ?? "a run"}`;
  const { patience, signer, routes } = inputs;
  const following = stations.map(async (origin) => {
    const ends = stations.filter(({ name }) =>
      routes.some((route) => route.origin === origin.name && route.destination === name),
    );
    const attempts = await sendFrom(origin, ends, { signer, text, patience }, context);
    return Promise.all(
      attempts.map(async (attempt, at) => {
        const end = ends[at] as Station;
        const journey = await follow(attempt, { origin, end }, inputs, context);
        const verdict = verdictOf(journey);
        const state = verdict.missing ? `not ${verdict.missing}` : "delivered";
        context.progress(`${nameOf(journey.route)}: ${state}`);
        return { journey, verdict };
      }),
    );
  });
  return (await Promise.all(following)).flat();
}

export type Reach = {
  role?: string | undefined;
  region: string;
  /** KMS key: id, ARN or alias. */
  key: string;
};

/** The key that sends, tried before it is needed. */
export async function openSender({ role, region, key }: Reach, context: Context): Promise<Signer> {
  const partition = role?.split(":")[1] ?? "aws";
  const policy = sessionPolicy(statements, { partition, keyArn: keyArnOf(key, region, role) });
  const name = "playbook-hyperlane-check";
  const session = await openSession({ role, region, policy, name, context });
  const opened = await openKey({ session, key, context });
  await opened.sign(TRIAL);
  return { address: computeAddress(hexlify(opened.point)) as Address, sign: opened.sign };
}

/** An alias does not say which key it is; then the role's own policy is what names the key. */
function keyArnOf(key: string, region: string, role = ""): string {
  if (key.startsWith("arn:") && key.includes(":key/")) return key;
  const [, partition = "aws", , , account = "*"] = (key.startsWith("arn:") ? key : role).split(":");
  const id = key.includes("alias/") ? "*" : key;
  return `arn:${partition}:kms:${region}:${account || "*"}:key/${id}`;
}
