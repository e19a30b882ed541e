import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { whole } from "../../../test/proof.ts";
import { signerScript } from "../src/signer-job.ts";

const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "playbook-signer-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString("hex")}`;

async function sign(key: Uint8Array, digest: Uint8Array, publicKey = secp256k1.getPublicKey(key)) {
  const path = join(folder, randomBytes(8).toString("hex"));
  await writeFile(path, key);
  const env = {
    SIGNER_KEY: path,
    SIGNER_PUBLIC_KEY: hex(publicKey),
    SIGNER_DIGEST: hex(digest),
  };
  const args = ["--input-type=module", "--eval", signerScript()];
  const { stdout, stderr } = await run(process.execPath, args, { env });
  return { said: JSON.parse(stdout), stderr };
}

/** What another library makes of the same key and digest, by the same rule of nonces. */
function expected(key: Uint8Array, digest: Uint8Array) {
  const [yParity, ...rest] = secp256k1.sign(digest, key, { prehash: false, format: "recovered" });
  const bytes = Uint8Array.from(rest);
  return { r: hex(bytes.subarray(0, 32)), s: hex(bytes.subarray(32)), yParity };
}

test("signatures are those of another library, byte by byte", async () => {
  const order = secp256k1.Point.Fn.ORDER;
  const bytes = (number: bigint) => Buffer.from(number.toString(16).padStart(64, "0"), "hex");
  const edges: [Buffer, Buffer][] = [
    [bytes(1n), bytes(0n)],
    [bytes(order - 1n), bytes(order)],
    [bytes(2n), bytes(2n ** 256n - 1n)],
  ];
  const random = Array.from({ length: whole ? 200 : 20 }, (): [Buffer, Buffer] => [
    Buffer.from(secp256k1.utils.randomSecretKey()),
    randomBytes(32),
  ]);
  for (const [key, digest] of [...edges, ...random]) {
    const { said, stderr } = await sign(key, digest);
    expect(said).toEqual(expected(key, digest));
    expect(stderr).toBe("");
  }
});

test("another validator's key signs nothing, and no key is printed", async () => {
  const key = secp256k1.utils.randomSecretKey();
  const other = secp256k1.getPublicKey(secp256k1.utils.randomSecretKey());

  const error = await sign(key, randomBytes(32), other).catch((it) => it);

  expect(error.stderr).toBe(`sign: The key is not that of ${hex(other)}.\n`);
  expect(JSON.stringify(error)).not.toContain(Buffer.from(key).toString("hex"));
});

test("what is no raw key is named, and not shown", async () => {
  const digits = Buffer.from(randomBytes(32).toString("hex"));

  const error = await sign(digits, randomBytes(32), new Uint8Array(33)).catch((it) => it);

  expect(error.stderr).toMatch(/has 64 bytes and not the 32 of a raw key/);
  expect(error.stderr).not.toContain(digits.toString());
});
