import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  TagResourceCommand,
} from "@aws-sdk/client-secrets-manager";
import { checkChainSpec, publicHalfOf, readChainSpec } from "@playbook/axon";
import type { Validator } from "../src/validator.ts";
import { openStudio, type Studio, type TestChain } from "./studio.ts";

let studio: Studio;
let chain: TestChain;

beforeAll(async () => {
  studio = await openStudio();
});
beforeEach(async () => {
  chain = await studio.chain();
});
afterAll(() => studio?.world[Symbol.asyncDispose]());

const validatorsOf = (outputs: Record<string, unknown>): Validator[] =>
  JSON.parse(String(outputs.validators));

/** What the private keys that are stored say themselves. */
async function halvesOf({ names, stored }: TestChain) {
  return Promise.all(
    names.map(async (name) =>
      publicHalfOf({ net: await stored(name, "net"), bls: await stored(name, "bls") }),
    ),
  );
}

test("each validator gets two keys of 32 raw bytes, and their public halves are handed on", async () => {
  const { outputs, summary } = await chain.step();

  const halves = await halvesOf(chain);
  expect(validatorsOf(outputs)).toEqual(
    chain.names.map((name, at) => ({
      ...{ name, roleArn: chain.roleOf(name), ...halves[at] },
      ...{ proposeWeight: 1, voteWeight: 1 },
    })),
  );
  expect(outputs.created).toBe(10);
  expect((await chain.all()).map(({ length }) => length)).toEqual(Array(10).fill(32));
  expect(summary).toContain(halves[4]?.peerId);
  const { KmsKeyId } = await studio.client.send(
    new DescribeSecretCommand({ SecretId: chain.secretOf("a", "net") }),
  );
  expect(KmsKeyId).toBe(studio.kms.arn);
});

test("a plan makes nothing and says what would be made", async () => {
  const before = await chain.step({ mode: "plan" });
  expect(before.outputs).toMatchObject({ created: 10, validators: "[]" });

  await chain.step({ validators: `b=${chain.roleOf("b")}` });
  const after = await chain.step({ mode: "plan" });
  expect(after.outputs.created).toBe(8);
  expect(validatorsOf(after.outputs).map(({ name }) => name)).toEqual(["b"]);
});

test("keys that are there stay as they are", async () => {
  const first = await chain.step();
  const before = await chain.all();
  const second = await chain.step();
  expect(second.outputs).toEqual({ ...first.outputs, created: 0 });
  expect(await chain.all()).toEqual(before);
});

test("of two runs at once each key is stored by one, and both know the same", async () => {
  const [one, other] = await Promise.all([chain.step(), chain.step()]);
  expect(validatorsOf(one.outputs)).toEqual(validatorsOf(other.outputs));
  expect(Number(one.outputs.created) + Number(other.outputs.created)).toBe(10);
  expect(validatorsOf(one.outputs).map(({ peerId }) => peerId)).toEqual(
    (await halvesOf(chain)).map(({ peerId }) => peerId),
  );
});

const BAD_DAYS = [
  { do: "lose reply" },
  { do: "break before" },
  { do: "status", status: 400 },
  { do: "status", status: 500 },
] as const;

test.each(BAD_DAYS)(
  "a call that meets $do is made good, with the key that was stored",
  async (fault) => {
    for (const operation of ["CreateSecret", "PutResourcePolicy", "DescribeSecret"]) {
      studio.aws.fault({ ...fault, match: { operation }, nth: 2 });
    }
    const { outputs } = await chain.step();
    expect(validatorsOf(outputs).map(({ publicKey }) => publicKey)).toEqual(
      (await halvesOf(chain)).map(({ publicKey }) => publicKey),
    );
  },
);

test("a key that is not found everywhere right after it was stored is closed and told of", async () => {
  const unfound = {
    ...({ do: "status", status: 400, code: "ResourceNotFoundException", times: 3 } as const),
    message: "Secrets Manager can't find the specified secret.",
  };
  const match = { key: new RegExp(`^${chain.secretOf("a", "net")}$`) };
  const faults = [
    studio.aws.fault({ ...unfound, match: { ...match, operation: "GetResourcePolicy" } }),
    studio.aws.fault({ ...unfound, match: { ...match, operation: "PutResourcePolicy" } }),
    // The first look, before it is stored, is not of these.
    studio.aws.fault({ ...unfound, match: { ...match, operation: "DescribeSecret" }, nth: 2 }),
  ];
  const { outputs, context } = await chain.step();

  expect(faults.map(({ hits }) => hits)).toEqual([3, 3, 3]);
  expect(validatorsOf(outputs).map(({ name }) => name)).toEqual(chain.names);
  expect(context.warnings).toEqual([]);
});

const denied = { name: "AccessDeniedException" };

async function read(role: string, secret: string): Promise<number> {
  const own = new SecretsManagerClient(studio.aws.clientConfig(studio.aws.openSession(role)));
  const { SecretBinary } = await own.send(new GetSecretValueCommand({ SecretId: secret }));
  return SecretBinary?.length ?? 0;
}

test("a validator reads its own keys; no other one does, nor who made them, nor an administrator", async () => {
  await chain.step();
  const secret = chain.secretOf("a", "bls");
  expect(await read(chain.roleOf("a"), secret)).toBe(32);

  await expect(read(chain.roleOf("b"), secret)).rejects.toMatchObject(denied);
  await expect(read(chain.role, secret)).rejects.toMatchObject(denied);

  const everything = { Effect: "Allow", Action: "*", Resource: "*" } as const;
  const policy = { Version: "2012-10-17", Statement: everything };
  const admin = studio.aws.createUser(`admin-of-${chain.name}`, [policy]);
  const client = new SecretsManagerClient(studio.aws.clientConfig(admin));
  const tags = [{ Key: "axon-public-key", Value: "0x02" }];
  for (const command of [
    new GetSecretValueCommand({ SecretId: secret }),
    new PutSecretValueCommand({ SecretId: secret, SecretBinary: new Uint8Array(32) }),
    new TagResourceCommand({ SecretId: secret, Tags: tags }),
    new PutResourcePolicyCommand({ SecretId: secret, ResourcePolicy: JSON.stringify(policy) }),
    new DeleteSecretCommand({ SecretId: secret, ForceDeleteWithoutRecovery: true }),
  ]) {
    await expect(client.send(command as GetSecretValueCommand)).rejects.toMatchObject(denied);
  }
});

test("a key that somebody has opened is closed again", async () => {
  await chain.step();
  const secret = chain.secretOf("a", "net");
  const open = {
    Effect: "Allow",
    Principal: { AWS: chain.roleOf("b") },
    Action: "secretsmanager:*",
  };
  const ResourcePolicy = JSON.stringify({
    Version: "2012-10-17",
    Statement: { ...open, Resource: "*" },
  });
  await studio.client.send(new PutResourcePolicyCommand({ SecretId: secret, ResourcePolicy }));
  expect(await read(chain.roleOf("b"), secret)).toBe(32);
  const { summary, context } = await chain.step({ mode: "plan" });
  const text = `${secret}: its policy is not the one that closes it`;
  expect(summary).toContain(text);
  expect(context.warnings).toEqual([expect.stringContaining(text)]);

  await chain.step();
  await expect(read(chain.roleOf("b"), secret)).rejects.toMatchObject({
    name: "AccessDeniedException",
  });
});

test("a key that is there goes to another role by a person's word alone", async () => {
  await chain.step();
  const validators = ["a", "b", "c", "d", "e"]
    .map((name) => `${name}=${chain.roleOf({ a: "b", b: "a" }[name] ?? name)}`)
    .join("\n");
  for (const over of [{ mode: "plan" }, {}, { "change-role": "a" }]) {
    await expect(chain.step({ validators, ...over })).rejects.toMatchObject({
      code: "another-role",
      why: expect.stringContaining("could not read it any more"),
    });
  }
  expect(await read(chain.roleOf("a"), chain.secretOf("a", "net"))).toBe(32);

  await chain.step({ validators, "change-role": "a, b" });

  expect(await read(chain.roleOf("b"), chain.secretOf("a", "net"))).toBe(32);
  await expect(read(chain.roleOf("a"), chain.secretOf("a", "net"))).rejects.toMatchObject(denied);
});

test("a key that is encrypted with another KMS key than the one that is named is told of", async () => {
  await chain.step();
  const other = studio.kms.arn.replace(/[^/]+$/, "00000000-0000-0000-0000-000000000000");
  const { summary } = await chain.step({ mode: "plan", "kms-key": other });
  expect(summary).toContain(`it is encrypted with ${studio.kms.arn}, and not with ${other}.`);
});

test("a validator is added beside those that are there", async () => {
  const wider = await studio.chain(["a", "b"]);
  await wider.step({ validators: `a=${wider.roleOf("a")}` });
  const before = await wider.stored("a", "net");
  const { outputs } = await wider.step();
  expect(outputs.created).toBe(2);
  expect(await wider.stored("a", "net")).toEqual(before);
});

test("a secret that somebody else has stored there is refused by its name", async () => {
  const Name = chain.secretOf("c", "net");
  await studio.client.send(new CreateSecretCommand({ Name, SecretString: "mine" }));
  await expect(chain.step()).rejects.toMatchObject({
    code: "foreign-secret",
    what: expect.stringContaining(Name),
  });
});

test("one key of two validators is refused", async () => {
  await chain.step();
  const [a] = validatorsOf((await chain.step({ mode: "plan" })).outputs);
  const other = await studio.chain(["a", "b"]);
  for (const name of other.names) {
    const tags = { "axon-validator": name, "axon-public-key": a?.publicKey ?? "" };
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
    const Name = other.secretOf(name, "net");
    await studio.client.send(new CreateSecretCommand({ Name, SecretString: "x", Tags }));
  }
  await expect(other.step()).rejects.toMatchObject({ code: "shared-key" });
});

test("a key that is about to be deleted is no free place", async () => {
  await chain.step();
  const SecretId = chain.secretOf("d", "bls");
  await studio.client.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
  for (const mode of ["plan", "apply"]) {
    await expect(chain.step({ mode })).rejects.toMatchObject({
      code: "secret-deleted",
      next: expect.stringContaining(`restore-secret --secret-id ${SecretId}`),
    });
  }
});

test("a role that does not exist is told of, and the run goes on once it does", async () => {
  const validators = `a=${chain.roleOf("nobody")}`;
  await expect(chain.step({ validators })).rejects.toMatchObject({
    code: "aws-refused",
    why: expect.stringContaining("does not exist"),
  });
  const { outputs } = await chain.step();
  expect(outputs.created).toBe(8);
  expect(await read(chain.roleOf("a"), chain.secretOf("a", "net"))).toBe(32);
});

test("files and outputs are what the chart and a chain spec take", async () => {
  const folder = await mkdtemp(join(studio.world.dir, "public-"));
  const { outputs } = await chain.step({ folder, "vote-weight": "3" });
  expect((await readdir(folder)).sort()).toEqual([
    "validators.json",
    "values.json",
    "verifier-list.toml",
  ]);
  const { validators } = JSON.parse(await readFile(join(folder, "values.json"), "utf8"));
  expect(validators).toEqual(JSON.parse(String(outputs.values)));
  expect(validators[0]).toMatchObject({ name: "a", voteWeight: 3, roleArn: chain.roleOf("a") });

  const list = await readFile(join(folder, "verifier-list.toml"), "utf8");
  const spec = readChainSpec(`
    accounts = []
    genesis = { timestamp = 1, hardforks = [], base_fee_per_gas = "0x1", chain_id = 7 }
    [params]
    epoch = 0
    version = { start = 1, end = 9 }
    [params.consensus_config]
    gas_limit = 1
    interval = 1
    propose_ratio = 1
    prevote_ratio = 1
    precommit_ratio = 1
    brake_ratio = 1
    tx_num_limit = 1
    max_tx_size = 1
    ${list}`);
  expect(checkChainSpec(spec.value)).toEqual([]);
  expect(spec.value.params.verifier_list).toHaveLength(5);
});

test("no private key is in what a run writes: log, outputs, summary, files", async () => {
  const dir = await mkdtemp(join(studio.world.dir, "job-"));
  const [output, summary, folder] = ["output", "summary", "public"].map((it) => join(dir, it));
  await Promise.all([output, summary].map((file) => writeFile(file ?? "", "")));
  const launched = await studio.launch(chain.given({ folder }), {
    GITHUB_OUTPUT: output ?? "",
    GITHUB_STEP_SUMMARY: summary ?? "",
  });
  expect((await launched.exited).code).toBe(0);

  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((it) =>
    it.isFile(),
  );
  const texts = await Promise.all(
    files.map((file) => readFile(join(file.parentPath, file.name), "latin1")),
  );
  const written = [launched.output(), ...texts].join("\n");
  expect(written).toContain("peerId");
  for (const key of await chain.all()) {
    const bytes = Buffer.from(key);
    for (const form of ["hex", "base64", "base64url", "latin1"] as const) {
      expect(written.toLowerCase()).not.toContain(bytes.toString(form).toLowerCase());
    }
  }
});
