import type { Address } from "@playbook/evm";
import { type Given, type Office, openOffice, type Planned } from "./office.ts";
import { refused as isRefused, type Told } from "./refusal.ts";

let office: Office;
let plan: Planned;

beforeAll(async () => {
  office = await openOffice([{ id: 10012 }, { id: 5 }]);
  // What every first run leaves behind is there: the probe, and the ledger of the key.
  await office.release(await office.plan([]));
});
beforeEach(async () => {
  plan = await office.plan([{ name: "count" }]);
});
afterAll(() => office?.world[Symbol.asyncDispose]());

const refused = (given: Given, told: Told, aside?: string[]) =>
  isRefused(office, given, told, aside);

const text = expect.stringContaining;

describe("a chain that is not ready", () => {
  const url = (value: string): Given => ({ "rpc-urls": `chain10012=${value}` });

  test("is out of reach", async () => {
    await refused(office.given(plan, url("http://127.0.0.1:1/hunter2")), {
      code: "rpc-unreachable",
      what: "No RPC endpoint of chain10012 answers.",
      next: text("Check the URL"),
    });
  });

  test("is another one behind its URL", async () => {
    const [, other] = office.chains;

    await refused(office.given(plan, url(other?.url ?? "")), {
      code: "wrong-chain",
      what: text("is not chain10012."),
      next: "Correct the URL of chain10012.",
    });
  });

  test("has fewer endpoints than are to agree", async () => {
    await refused(office.given(plan, { ...url(office.chain.url), quorum: "chain10012=2" }), {
      code: "too-few-endpoints",
      what: "chain10012 has 1 RPC endpoint, of which 2 are to agree.",
      next: text("`rpc-urls`"),
    });
  });

  test("was started anew since it was planned", async () => {
    const other = office.chains[1];
    if (!other) throw new Error("The office has two chains.");
    const old = await office.plan([], { on: [other] });
    await other.restart();

    await refused(office.given(old), {
      code: "chain-was-reset",
      what: "chain5 is not the chain that it was.",
      next: text("Correct the URL"),
    });
  });

  test("has an account without money", async () => {
    await office.chain.setBalance(office.signer, 1n);

    await refused(office.given(plan), {
      code: "balance-too-low",
      what: `${office.signer} cannot pay for the release on chain10012.`,
      next: text("Send it at least"),
    });
    await office.chain.setBalance(office.signer, 10n ** 20n);
  });

  test("would cost more than its budget", async () => {
    await refused(office.given(plan, { budget: "chain10012=0.0000001" }), {
      code: "budget-reached",
      what: "The budget on chain10012 does not allow the next step.",
      next: text("Raise `budget`"),
    });
  });

  test("has seen the key at work for somebody else", async () => {
    const nonce = await office.chain.nonce(office.signer);
    await office.chain.setNonce(office.signer, nonce + 1);

    await refused(office.given(plan), {
      code: "nonce-used-elsewhere",
      what: `${office.signer} was used on chain10012 by somebody else.`,
      next: text("Stop the other use"),
    });
    await office.chain.setNonce(office.signer, nonce);
  });

  test("has a transaction of somebody else in its pool", async () => {
    const nonce = await office.chain.nonce(office.signer);
    const { chain, signer } = office;
    await chain.send("evm_setAutomine", [false]);
    await chain.send("anvil_impersonateAccount", [signer]);
    const gas = { gas: "0x5208", gasPrice: "0x12a05f2000" };
    const transaction = { from: signer, to: signer, nonce: `0x${nonce.toString(16)}`, ...gas };
    const hash = await chain.send<string>("eth_sendTransaction", [transaction]);

    await refused(office.given(plan), {
      code: "nonce-used-elsewhere",
      what: `${signer} was used on chain10012 by somebody else.`,
      next: text("Stop the other use"),
    });
    await chain.dropTransaction(hash);
    await chain.send("anvil_stopImpersonatingAccount", [signer]);
    await chain.send("evm_setAutomine", [true]);
  });

  test("has gone on since it was planned", async () => {
    const old = plan;
    await office.release(await office.plan([]));

    await refused(office.given(old), {
      code: "plan-stale",
      what: text("The plan was made for nonce"),
      next: text("Plan again"),
    });
  });
});

describe("a key or a state that does not do", () => {
  test("is a key of another region", async () => {
    const key = office.KeyArn.replace("us-east-1", "eu-west-1");

    await refused(office.given(plan, { key }), {
      code: "wrong-region",
      what: "The key is in eu-west-1, and `region` is us-east-1.",
      next: text("Set region: eu-west-1"),
    });
  });

  test("is a region in which nothing lies", async () => {
    const { KeyArn } = office;
    const key = KeyArn.split("/")[1];

    await refused(office.given(plan, { key, region: "eu-west-1" }), {
      code: expect.stringMatching(/^(access-denied|key-missing|wrong-region)$/) as never,
      what: expect.any(String),
      next: text("`region`"),
    });
  });

  test("is a key of another address than `sender` says", async () => {
    const sender = "0x52908400098527886E0F7030069857D2E4169EE7";

    await refused(office.given(plan, { sender }), {
      code: "wrong-key",
      what: `The key's address is ${office.signer}.`,
      next: text(`Give the key of ${sender}`),
    });
  });

  test("is a bucket that does not exist", async () => {
    await refused(office.given(plan, { state: "s3://nobody-has-this/contracts" }), {
      code: "bucket-missing",
      what: "There is no bucket nobody-has-this.",
      next: text("template.yml"),
    });
  });

  describe("with an administrator's credentials", () => {
    beforeAll(() => {
      Object.assign(process.env, office.aws.environment(office.aws.admin));
    });
    afterAll(() => {
      for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) delete process.env[name];
    });
    const given = (over: Given) => office.given(plan, { role: undefined, ...over });

    test.each([
      { spec: "RSA_2048", usage: "SIGN_VERIFY" },
      { spec: "ECC_NIST_P256", usage: "SIGN_VERIFY" },
      { spec: "SYMMETRIC_DEFAULT", usage: "ENCRYPT_DECRYPT" },
    ])("is a key of kind $spec", async ({ spec, usage }) => {
      const { arn: key } = await office.aws.createKey({ spec, usage });

      await refused(given({ key }), {
        code: "wrong-key-type",
        what: `The key ${key} cannot sign transactions.`,
        next: text("Create a key of that kind"),
      });
    });

    test("is a key of another address than the plan's", async () => {
      const { arn: key, address } = await office.aws.createKey();

      await refused(given({ key }), {
        code: "wrong-key",
        what: `The key's address is ${address}.`,
        next: text(`Plan with \`sender: ${address}\``),
      });
    });

    test("is a key that was used before it had a ledger", async () => {
      const { Bucket } = office;

      await refused(
        given({ state: `s3://${Bucket}/elsewhere` }),
        {
          code: "key-used-before",
          what: text("and there is no ledger of them."),
          next: text("Correct `state`"),
        },
        ["elsewhere/probe"],
      );
    });

    test("is a plan of a sender whose key this is not", async () => {
      const sender = "0x52908400098527886E0F7030069857D2E4169EE7" as Address;
      const theirs = await office.plan([], { sender });

      await refused(office.given(theirs, { role: undefined }), {
        code: "wrong-key",
        what: `The key's address is ${office.signer}.`,
        next: text("give the key of"),
      });
    });
  });
});
