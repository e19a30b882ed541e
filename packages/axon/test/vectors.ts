import type { Hex } from "../src/hex.ts";

/**
 * Axon's own: the key files, chain spec and bootstraps of its development network (devtools/chain),
 * and the proofs of its tools' tests (devtools/axon-tools), made by blst and its network library.
 */
export const NODES = [
  {
    net: "37aa0f893d05914a4def0460c0a984d3611546cfb26924d7a7ca6e0db9950a2d",
    bls: "4179b05f5ad5bdd46ca98a9e8b435b00a504562dfe02687895edf747ddf5de18",
    publicKey: "0x031ddc35212b7fc7ff6685b17d91f77c972535aee5c7ae5684d3e72b986f08834b",
    blsPublicKey:
      "0xa26e3fe1cf51bd4822072c61bdc315ac32e3d3c2e2484bb92942666399e863b4bf56cf2926383cc706ffc15dfebc85c6",
    address: "0x8ab0cf264df99d83525e9e11c7e4db01558ae1b1",
    peerId: "QmNk6bBwkLPuqnsrtxpp819XLZY3ymgjs3p1nKtxBVgqxj",
  },
  {
    net: "383fcff8683b8115e31613949be24254b4204ffbe43c227408a76334a2e3fb32",
    bls: "422951d5ac7ddbe86cae7d2d4c82af713785b3177043ac6feb50eda7e360b860",
    publicKey: "0x02b77c74eb68af3d4d6cc7884ed6709f1a2a1af0f713382a4438ec2ea3a70d4d7f",
    blsPublicKey:
      "0x80310fa9df724b5603d283b472ed3bf85254a8a4ceda8a274b421f6cf2be1d9184267cdfe9a199d36ff14e57668a55d0",
    address: "0xf386573563c3a75dbbd269fce9782620826ddac2",
    peerId: "QmaHBJqULbLGDn7Td196goNebH6XMTMMu2sKNNP2DiX9S2",
  },
  {
    net: "51ce21643b911347c5d5c85c323d9d5421810dc89f46b688720b2715f5e8e936",
    bls: "51a04542786ca3bae046d1c7451b6a0745efdcc66c39ede37827172f964d5fdf",
    publicKey: "0x027ffd6a6a231561f2afe5878b1c743323b34263d16787130b1815fe35649b0bf5",
    blsPublicKey:
      "0x897721e9016864141a8b982a48217f66ef318ce598aa31842cddaaebe3cd7feab17050022afa6c2123aba39938fe4142",
    address: "0x8af204ac5d7cb8815a6c53a50b72d01e729d3b22",
    peerId: "QmQLufVVmBuHKoYhdDCqUFYVtLYs1quryoaA1mkQYQdWkn",
  },
  {
    net: "69ff51f4c22f30615f68b88efa740f8f1b9169e88842b83d189748d06f1a948e",
    bls: "67fc8772fdcff8140564e9c4ed693fffd0929c68f24529ee2fb2adfbe9c453fe",
    publicKey: "0x0232c489c23b1207107e9a24648c1e4754a8c1c0b38db96df57a526201035058cb",
    blsPublicKey:
      "0x98eef09a3927acb225191101a1d9aa85775fdcdc87b9ba36898f6c132b485d66aef91c0f51cda331be4f985c3be6761c",
    address: "0xf4cc1652dcec2e5de9ce6fb1b6f9fa9456e957f1",
    peerId: "QmXoSkz4zkHHiFZqmDZQ4gFYtJ72uqtp4m6FX373X4VkRq",
  },
] as const;

/** A validator as the chain's metadata lists it. */
export type Listed = { bls_pub_key: Hex; pub_key: Hex; address: Hex };

export const VALIDATORS: Listed[] = NODES.map(({ blsPublicKey, publicKey, address }) => ({
  bls_pub_key: blsPublicKey,
  pub_key: publicKey,
  address,
}));

/** Answers to `axon_getProofById`, of two blocks one after the other. */
export const PROOFS = [
  {
    number: "0xe7c2",
    round: "0x0",
    proposal_hash: "0x734f6e28a7caf9df326c21d8c57b89034ed02f782a11d04d18284b7aa4de43f0",
    signature:
      "0x933be0cd674477473bd68a55a53511a652fbcecfa4cafaa244d0b55ca3f6a7f296d50a2744337365fd6407d737cc389f054b70b3c82ee27a1669a43cc344ba7ad42a7cc663faa63190a739dc1c6a1a5d80d45f5903f42d118fc5e4d695cc4815",
    bitmap: "0xb0",
  },
  {
    number: "0xe7c3",
    round: "0x0",
    proposal_hash: "0x6e48fa2d2002453abd9b51e4ac0342abb1f027b8272d6e27ce79a630b3f26673",
    signature:
      "0xb3e8e27db04baec18c04bc0b8ffe7fdbf2b5f7d6ef243c8be02bfd75defee32f1c0ff73a9fa67fee24630d2da5aa70f111ba41c0212be5d91b95f3bb84e5c0406b4742cca8c8f8362c07024fd8081d16875b01f43c6aa11c60b196af8c671a9b",
    bitmap: "0x70",
  },
];

/** An answer to `axon_getCurrentMetadata`. */
export const METADATA = {
  version: { start: "0x0", end: "0x3b9aca00" },
  epoch: "0x0",
  verifier_list: VALIDATORS.map((it) => ({ ...it, propose_weight: "0x1", vote_weight: "0x1" })),
  propose_counter: [{ address: `0x${"0".repeat(40)}`, count: "0x0" }],
  consensus_config: {
    gas_limit: "0xffffffff",
    interval: "0xbb8",
    propose_ratio: "0xf",
    prevote_ratio: "0xa",
    precommit_ratio: "0xa",
    brake_ratio: "0xa",
    tx_num_limit: "0x4e20",
    max_tx_size: "0x400",
    max_contract_limit: "0x6000",
  },
};
