import type { Context } from "@playbook/action";
import { ActionError } from "@playbook/action";
import {
  addressOf,
  appendMetadata,
  type Call,
  digestOf,
  type Hex,
  signed,
  updateValidatorList,
} from "@playbook/axon";
import type { SetChange } from "@playbook/bft";
import { type Inputs, keyPlaceOf, type LiveChain, type Look } from "./chain.ts";
import { keyVolumeOf } from "./key-volume.ts";
import { membersOf } from "./members.ts";
import type { Entry, Pending, Way } from "./pending.ts";
import { sign } from "./signer-job.ts";
import type { Wanted } from "./wanted.ts";
import { wayOf } from "./way.ts";

/** Which way the chain has to another set, by what it says itself. */
export async function findWay(
  chain: LiveChain,
  entry: Entry | null,
  head: number,
  { epochBlocks, epochWait }: Inputs,
): Promise<Way> {
  const { metadata } = chain;
  const builds = await chain.builds();
  const blocks = epochBlocks === undefined ? null : BigInt(epochBlocks);
  const appended = entry?.epoch ?? null;
  return wayOf({ builds, metadata, head, appended }, { blocks, wait: epochWait });
}

/** Plans the call that brings a change about; nothing is signed. Throws `no-signer`. */
export async function planCall(
  change: SetChange,
  chain: LiveChain,
  entry: Entry,
  look: Look,
  wanted: readonly Wanted[],
  inputs: Inputs,
): Promise<Pending> {
  const way = await findWay(chain, entry, look.seen.head, inputs);
  const members = membersOf(change.set, change.id, chain.members, wanted);
  const signer = signerFor(change, chain, look, inputs);
  const data =
    way.kind === "epoch"
      ? appendMetadata(way, members, chain.metadata)
      : updateValidatorList(members);
  const call: Call = {
    chainId: BigInt(await chain.ask<string>("eth_chainId")),
    nonce: Number(
      await chain.ask<string>("eth_getTransactionCount", [addressOf(signer), "latest"]),
    ),
    data,
  };
  return { kind: change.kind, id: change.id as Hex, members, way, call, signer, signed: null };
}

/** A member of the set that votes and whose key its pods have as a file; not whom it is about. */
export function signerFor(
  change: Pick<SetChange, "id">,
  chain: LiveChain,
  { seen }: Look,
  inputs: Inputs,
): Hex {
  const place = keyPlaceOf(inputs);
  const able = seen.set.filter(({ id }) => {
    const post = chain.postOf(id);
    return seen.voting.has(id) && post !== undefined && keyVolumeOf(post.place.set, place);
  });
  const found = able.find(({ id }) => id !== change.id) ?? able[0];
  if (found) return found.id as Hex;
  throw new ActionError("no-signer", {
    what: "No validator of this namespace can sign the call.",
    why:
      "The contract takes it from a voting validator alone, and none of them has a volume " +
      `${inputs.keyVolumes.join(" or ")} with its key.`,
    next:
      'Name the volume of the keys with "key-volumes" and the file with "key-file". A key in a ' +
      "ConfigMap is put into a Secret first, as the README says.",
  });
}

/** Has the call signed in a pod of that validator's own. Throws `signer-failed`, `no-signer`. */
export async function signCall(
  pending: Pending,
  chain: LiveChain,
  { signerImage, ...inputs }: Inputs,
  waiting: { context: Context; onLook: () => Promise<void> },
): Promise<Pending> {
  const post = chain.postOf(pending.signer);
  if (!post || !signerImage) throw signerGone(pending, signerImage);
  const digest = digestOf(pending.call);
  const { set } = post.place;
  const place = keyPlaceOf(inputs);
  const order = { digest, publicKey: pending.signer, set, place, image: signerImage };
  const { raw, hash, from } = signed(pending.call, await sign(chain.kube, order, waiting));
  if (from !== addressOf(pending.signer)) throw signerGone(pending, signerImage);
  return { ...pending, signed: { raw, hash } };
}

function signerGone({ signer }: Pending, image: string | undefined): ActionError {
  return new ActionError("no-signer", {
    what: `The call cannot be signed as ${signer.slice(0, 12)}….`,
    why: image
      ? "Its node is no longer in this namespace, or the image has signed with another key."
      : '"signer-image" is not given.',
    next: 'Give "signer-image", an image with Node.js by its digest, and bring that node back.',
  });
}
