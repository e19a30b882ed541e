import { SigningKey } from "ethers";
import type { Address, Hex, Signer } from "../src/index.ts";
import { dearest, readTransaction, signTransaction, type Unsigned } from "../src/transaction.ts";

/** The key of EIP-155's example; signatures are RFC 6979's, so that bytes are comparable. */
const key = new SigningKey(`0x${"46".repeat(32)}`);
const signer: Signer = {
  address: "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F" as Address,
  sign: async (digest) => {
    const { r, s, yParity } = key.sign(digest);
    return { r: r as Hex, s: s as Hex, yParity };
  },
};

const to = `0x${"35".repeat(20)}` as Address;
const dynamic = {
  type: "eip1559",
  maxFeePerGas: 30_000_000_000n,
  maxPriorityFeePerGas: 2_000_000_000n,
} as const;
const legacy = { type: "legacy", gasPrice: 30_000_000_000n } as const;
const create = { chainId: 10012, nonce: 8, to: null, value: 0n, gas: 200_000 };

/** From EIP-155 itself; the others were made by `cast mktx` 1.7.1. */
const vectors: [string, Unsigned, Hex][] = [
  [
    "EIP-155's example",
    {
      chainId: 1,
      nonce: 9,
      to,
      value: 10n ** 18n,
      data: "0x",
      gas: 21_000,
      fees: { type: "legacy", gasPrice: 20_000_000_000n },
    },
    "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83",
  ],
  [
    "a legacy create",
    { ...create, data: "0x6001600055", fees: legacy },
    "0xf858088506fc23ac0083030d408080856001600055824e5ca074d60d9472309a63373b2058c92365dc3218483ea64e0589cbeba5b375ce3bf6a031711e40948167dd2fe36e1ae1d00534c828338e33e6095992faf8a3152c1d71",
  ],
  [
    "a call with value and both fees of EIP-1559",
    { ...create, nonce: 7, to, value: 5n, data: "0xdeadbeef", fees: dynamic },
    "0x02f87282271c0784773594008506fc23ac0083030d409435353535353535353535353535353535353535350584deadbeefc080a034a1b202b6ae341315fc97fa4d6ed071fb379475f13403ec62b58f7a657fdd5da028a9d43f5ef3744a4750e0dde58256ded1ff602ce00108c7f327cc1cf3816ec3",
  ],
  [
    "a create with both fees of EIP-1559",
    { ...create, data: "0x6001600055", fees: dynamic },
    "0x02f85f82271c0884773594008506fc23ac0083030d408080856001600055c001a0b7a446c00b2413cbaa79d8bd451ecc51e20f9db96aada74e9d688b5c4b04fc3ca06581181c5d2b89f80a0e4f086d8c80cda57b7a68267e4531f81e3f335d49231c",
  ],
];

test.each(vectors)("%s has the bytes that others give it", async (_, unsigned, raw) => {
  expect((await signTransaction(unsigned, signer)).raw).toBe(raw);
});

test.each(vectors)("%s is read back as it was signed", async (_, unsigned, raw) => {
  const { hash } = await signTransaction(unsigned, signer);
  expect(readTransaction(raw)).toEqual({ ...unsigned, hash });
});

test.each<[string, Hex]>([
  ["nothing", "0x"],
  ["no transaction", "0xdeadbeef"],
  [
    "a transaction without a signature",
    "0xeb098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080",
  ],
])("%s is not taken for signed bytes", (_, raw) => {
  expect(() => readTransaction(raw)).toThrow();
});

test("the dearest that a transaction can be is its gas limit at its ceiling, and its value", () => {
  expect(dearest({ gas: 10, fees: dynamic, value: 7n })).toBe(300_000_000_007n);
  expect(dearest({ gas: 10, fees: legacy, value: 0n })).toBe(300_000_000_000n);
});
