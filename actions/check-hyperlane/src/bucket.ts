import { type Answer, ask, type Context, reason } from "@playbook/action";
import { ownEndpoint } from "@playbook/aws";
import type { Address, Hex } from "@playbook/evm";
import { flawOfCheckpoint, readCheckpoint } from "@playbook/hyperlane";
import type { Signing } from "./journey.ts";

const FLAG = "reorg_flag.json";

/** What should have been signed; `messageId` where it is known. */
export type Right = {
  merkleTreeHook: Address;
  domain: number;
  root: Hex;
  index: number;
  messageId?: Hex;
};

type Shown = { name: string; region: string; folder: string };

/** The place that a validator has announced; undefined for what is no bucket of S3. */
function shown(location: string): Shown | undefined {
  const [, name, region, folder = ""] = /^s3:\/\/([^/]+)\/([^/]+)(?:\/(.+))?$/.exec(location) ?? [];
  return name && region ? { name, region, folder } : undefined;
}

/** Without credentials, as relayers read it. */
function read(place: Shown, name: string, { signal }: Context): Promise<Answer> {
  const endpoint = ownEndpoint("s3") ?? `https://s3.${place.region}.amazonaws.com`;
  const path = [place.name, place.folder, name].filter(Boolean).join("/");
  return ask(`${endpoint}/${path}`, { signal });
}

/** Whether a validator has given up its chain. What cannot be read is told by its signatures. */
export async function isFlagged(location: string, context: Context): Promise<boolean> {
  const place = shown(location);
  if (!place) return false;
  const answer = await read(place, FLAG, context).catch(() => undefined);
  context.signal.throwIfAborted();
  return answer?.status === 200;
}

/** What a validator has made of a checkpoint, and what is wrong with that. */
export async function signingOf(
  validator: Address,
  location: string | undefined,
  right: Right,
  context: Context,
): Promise<Signing> {
  const flawed = (flaw: string): Signing => ({ validator, flaw, signature: null, at: null });
  if (location === undefined) return flawed("It has not announced where it signs.");
  const place = shown(location);
  if (!place) return flawed(`It signs where nobody looks: ${location}`);
  try {
    const answer = await read(place, `checkpoint_${right.index}_with_id.json`, context);
    const code = /<Code>(\w+)<\/Code>/.exec(answer.body)?.[1];
    if (code === "NoSuchKey") return flawed(`It has not signed index ${right.index}.`);
    if (answer.status !== 200) {
      return flawed(`Its bucket ${place.name} answers ${code ?? answer.status}.`);
    }
    const signed = readCheckpoint(answer.body);
    if (!signed) return flawed("Its file is no checkpoint.");
    const flaw = flawOfCheckpoint(signed, validator, right);
    if (flaw) return flawed(flaw);
    const at = Date.parse(answer.headers["last-modified"] ?? "");
    return { validator, flaw: null, signature: signed.signature, at: Number.isNaN(at) ? null : at };
  } catch (error) {
    context.signal.throwIfAborted();
    return flawed(`Its bucket ${place.name} cannot be reached: ${reason(error)}`);
  }
}
