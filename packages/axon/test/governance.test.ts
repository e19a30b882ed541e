import { secp256k1 } from "@noble/curves/secp256k1.js";
import { Interface } from "ethers";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import {
  appendMetadata,
  digestOf,
  METADATA_CONTRACT,
  readBuild,
  signed,
  updateValidatorList,
} from "../src/governance.ts";
import { bytesOf, type Hex, toHex } from "../src/hex.ts";
import { generateKeyPair, publicHalfOf } from "../src/keys.ts";
import { readMetadata } from "../src/metadata.ts";
import { METADATA, NODES } from "./vectors.ts";

/** As Axon's own interface has it (metadata_abi.json). */
const LIST =
  "tuple(bytes bls_pub_key, bytes pub_key, address address_, uint32 " +
  "propose_weight, uint32 vote_weight)[] verifier_list";
const axon = new Interface([
  "function appendMetadata(tuple(tuple(uint64 start, uint64 end) version, uint64 epoch, " +
    `${LIST}, tuple(address address_, uint64 count)[] propose_counter, tuple(uint64 ` +
    "propose_ratio, uint64 prevote_ratio, uint64 precommit_ratio, uint64 brake_ratio, uint64 " +
    "tx_num_limit, uint64 max_tx_size, uint64 gas_limit, uint64 interval, uint64 " +
    "max_contract_limit) consensus_config) metadata)",
  `function updateValidatorList(tuple(${LIST}) validators)`,
]);

const metadata = readMetadata(METADATA);
const members = metadata.verifier_list.map((one, at) => ({ ...one, vote_weight: at + 1 }));
const weights = NODES.map(({ address }, at) => [address, 1, at + 1]);

const told = (list: { address_: string; propose_weight: bigint; vote_weight: bigint }[]) =>
  list.map((row) => [
    row.address_.toLowerCase(),
    Number(row.propose_weight),
    Number(row.vote_weight),
  ]);

test("another list of validators is written as el-axon reads it", () => {
  const data = updateValidatorList(members);
  const [{ verifier_list }] = axon.decodeFunctionData("updateValidatorList", data);

  expect(data.slice(0, 10)).toBe("0xa9f73eaf");
  expect(told(verifier_list)).toEqual(weights);
  expect(verifier_list.map((row: { pub_key: string }) => row.pub_key)).toEqual(
    NODES.map(({ publicKey }) => publicKey),
  );
});

test("an epoch is written as Axon reads it, with the chain's own way of consensus", () => {
  const epoch = { epoch: 2n, start: 201n, end: 300n };
  const data = appendMetadata(epoch, members, metadata);
  const [read] = axon.decodeFunctionData("appendMetadata", data);

  expect(data.slice(0, 10)).toBe("0x53ec79e6");
  expect([read.version.start, read.version.end, read.epoch]).toEqual([201n, 300n, 2n]);
  expect(told(read.verifier_list)).toEqual(weights);
  expect(read.consensus_config.toObject()).toEqual({
    ...metadata.consensus_config,
    max_contract_limit: 0x6000n,
  });
});

test("a chain from before the fork has Axon's own limit of contracts", () => {
  const { max_contract_limit: _, ...consensus_config } = metadata.consensus_config;
  const data = appendMetadata({ epoch: 2n, start: 1n, end: 2n }, members, { consensus_config });
  const [read] = axon.decodeFunctionData("appendMetadata", data);

  expect(read.consensus_config.max_contract_limit).toBe(0x6000n);
});

test("what a network key has signed is a transaction of that validator's account", () => {
  fc.assert(
    fc.property(fc.nat(), fc.bigInt({ min: 1n, max: 2n ** 40n }), (nonce, chainId) => {
      const keys = generateKeyPair();
      const call = { chainId, nonce, data: updateValidatorList(members) };
      const signature = secp256k1.sign(bytesOf(digestOf(call)), keys.net, {
        prehash: false,
        format: "recovered",
      });
      const [yParity = 0, ...rs] = signature;
      const { raw, from } = signed(call, {
        r: toHex(Uint8Array.from(rs.slice(0, 32))),
        s: toHex(Uint8Array.from(rs.slice(32))),
        yParity: yParity as 0 | 1,
      });
      expect(from).toBe(publicHalfOf(keys).address);
      expect(raw).toContain(METADATA_CONTRACT.slice(2));
    }),
    chance(20, 5),
  );
});

const blockWith = (...inner: Hex[]) => ({
  header: { number: "0x1", extra_data: inner.map((one) => ({ inner: one })) },
});

test("a build is known by what its blocks begin with", () => {
  expect(readBuild(blockWith())).toBe("axon");
  expect(readBuild(blockWith("0x00"))).toBe("el-axon");
  expect(readBuild(blockWith("0x01"))).toBe("el-axon");
  expect(readBuild(blockWith("0xe23aa00000000000000000000000000000000000"))).toBe("axon");
  expect(() => readBuild({})).toThrow(expect.objectContaining({ code: "bad-axon-answer" }));
});
