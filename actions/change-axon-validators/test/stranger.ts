import { secp256k1 } from "@noble/curves/secp256k1.js";
import { digestOf, type Hex, signed, updateValidatorList } from "@playbook/axon";
import { until } from "@playbook/world";
import { CHAIN_ID, type HandMade, type HandMadeChain } from "./hand-made.ts";
import { ask, type Place } from "./place.ts";

const hex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString("hex")}`;

const accountOf = (place: Place, pod: string, key: string) =>
  ask<{ verifier_list: { pub_key: string; address: string }[] }>(
    place,
    pod,
    "axon_getCurrentMetadata",
  ).then(({ verifier_list }) => verifier_list.find(({ pub_key }) => pub_key === key)?.address);

/** Somebody who has a validator's key changes the set without telling anybody. */
export async function changeBehindTheBack(
  place: Place,
  { namespace }: HandMadeChain,
  signer: HandMade,
  members: readonly HandMade[],
): Promise<void> {
  const pod = `${namespace}/${signer.pod}`;
  const account = await accountOf(place, pod, signer.publicKey);
  const count = await ask<string>(place, pod, "eth_getTransactionCount", [account, "latest"]);
  const rows = members.map(({ publicKey, blsPublicKey }) => ({
    ...{ pub_key: publicKey as Hex, bls_pub_key: blsPublicKey as Hex },
    ...{ propose_weight: 1, vote_weight: 1 },
  }));
  const data = updateValidatorList(rows);
  const call = { chainId: BigInt(CHAIN_ID), nonce: Number(count), data };
  const digest = Uint8Array.from(Buffer.from(digestOf(call).slice(2), "hex"));
  const options = { prehash: false, format: "recovered" } as const;
  const [parity, ...rs] = secp256k1.sign(digest, signer.keys.net, options);
  const [r, s] = [hex(Uint8Array.from(rs.slice(0, 32))), hex(Uint8Array.from(rs.slice(32)))];
  const { raw, hash } = signed(call, { r, s, yParity: parity === 1 ? 1 : 0 });
  await ask(place, pod, "eth_sendRawTransaction", [raw]);
  await until(
    async () => (await ask(place, pod, "eth_getTransactionReceipt", [hash])) ?? undefined,
  );
}
