import { readFile, rm, writeFile } from "node:fs/promises";
import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { parse, stringify } from "yaml";
import { VERSION } from "../../../packages/hyperlane/src/contract.ts";
import { addressesText, interfaceOf } from "../../../packages/hyperlane/src/index.ts";
import { dispatch } from "../../../packages/hyperlane/test/message.ts";
import { checkpoint, type Signing, signedIn } from "../../../packages/hyperlane/test/network.ts";
import { contractOf, type Site } from "../../../packages/hyperlane/test/site.ts";
import { account } from "../../../packages/hyperlane/test/wishes.ts";
import { nameOf } from "../src/journey.ts";
import { openStage, type Stage, withPatienceUntil } from "./stage.ts";

let stage: Stage;
let here: Site;
let there: Site;
let signing: [Signing, Signing, Signing];
beforeAll(async () => {
  stage = await openStage([5, 10012]);
  [here, there] = stage.sites as [Site, Site];
  signing = stage.network.validators[0] as [Signing, Signing, Signing];
}, 600_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

/** Nobody relays here, so that a message is as lost as its validators make it. */
const ROUTE = { origin: "chain5", destination: "chain10012" };

/** How many messages have been dispatched, and so the index of the next one. */
async function next(site = here): Promise<number> {
  const tree = contractOf(site, "merkleTreeHook", "MerkleTreeHook");
  return Number(await tree.getFunction("count").staticCall());
}

const hasSigned = async ({ bucket }: Signing, index: number) =>
  (await signedIn(stage.aws, bucket, index)) !== undefined;

/** Sends on one route, and follows it until those have signed who will. */
async function lose(who: Signing[], over: Parameters<Stage["check"]>[0] = {}) {
  const index = await next();
  const context = withPatienceUntil(async () => {
    const all = await Promise.all(who.map((one) => hasSigned(one, index)));
    return (await next()) > index && all.every(Boolean);
  });
  const report = await stage.check({ mode: "send", routes: [ROUTE], ...over }, context);
  expect(report.failure).toMatchObject({ code: "hyperlane-unwell" });
  const state = (report.outputs.routes as Record<string, string>)["chain5 > chain10012"];
  return { index, state, why: report.failure?.why ?? "", ...report };
}

/** What is found by looking alone, without waiting for anybody. */
async function found(over: Parameters<Stage["check"]>[0] = {}) {
  const { outputs, failure } = await stage.check({ routes: [ROUTE], patience: 0, ...over });
  const rules = (outputs.findings as { rule: string; about: string }[]) ?? [];
  return { told: rules.map(({ rule, about }) => `${rule} ${about}`), failure };
}

/** All validators sign again, and have nothing left to sign. */
async function mend(): Promise<void> {
  await Promise.all(signing.map(({ process }) => process.behave({})));
  const last = (await next()) - 1;
  for (const { bucket } of signing) await checkpoint(stage.aws, bucket, last);
}

test("a message that nobody brings is not relayed, though the mailbox would take it", async () => {
  const { state, why, summary } = await lose(signing);

  expect(state).toBe("not relayed");
  expect(why).toContain("and the mailbox would take it; no relayer has brought it.");
  expect(summary).toContain('-. "not relayed" .->');
}, 300_000);

test("a relayer without coins is named", async () => {
  const relayer = account(77);
  const { state, why } = await lose(signing, { relayers: [relayer] });

  expect(state).toBe("not relayed");
  expect(why).toContain(`No relayer has coins. ${relayer} has 0\u00a0ETH.`);
  expect((await found({ relayers: [relayer] })).told).toEqual([`poor-relayer ${relayer}`]);
}, 300_000);

test("of three validators that are down each is named, and what is missing", async () => {
  const [first, second, third] = signing;
  await Promise.all(signing.map(({ process }) => process.down()));

  const { state, why, index } = await lose([]);

  expect(state).toBe("not signed");
  for (const { address } of [first, second, third]) {
    expect(why).toContain(`${address}: It has not signed index ${index}.`);
  }
  const { told } = await found();
  expect(told).toContain(`not-signed ${first.address}`);
  expect(told).toContain("too-few-sign messages from chain5");
  await Promise.all(signing.map(({ process }) => process.up()));
  await mend();
  expect((await found()).told).toEqual([]);
}, 300_000);

test("a root that is not the tree's is told from a right one", async () => {
  const [first, second, third] = signing;
  await first.process.behave({ signsWrongRoot: true });
  await second.process.behave({ signsWrongRoot: true });

  const { state, why } = await lose([first, second, third]);

  expect(state).toBe("not signed");
  expect(why).toContain(`${first.address}: It has another root than the tree.`);
  expect(why).toContain("1 of 3 have signed it, which is too few.");
  await mend();
}, 300_000);

test("the right root as that of another message counts for nobody, and holds what others signed", async () => {
  const [, , third] = signing;
  await third.process.behave({ signsWrongMessage: true });

  const signed = async (text: string) => {
    const { index } = await dispatch(here, there, text);
    for (const { bucket } of signing) await checkpoint(stage.aws, bucket, Number(index));
    return found();
  };

  const { told, failure } = await signed("by two");

  expect(told).toEqual([`not-signed ${third.address}`, "held-by-signature messages from chain5"]);
  expect(failure?.why).toContain("It is of another message.");
  await third.process.behave({});
  expect((await signed("by three")).told).toEqual([]);
}, 300_000);

test("an ISM that was changed behind our back holds messages, and differs from its config", async () => {
  const mailbox = contractOf(there, "mailbox", "Mailbox");
  const before = await mailbox.getFunction("defaultIsm").staticCall();
  const set = (ism: string) =>
    mailbox
      .getFunction("setDefaultIsm")
      .send(ism)
      .then((sent) => sent.wait());
  await set(contractOf(there, "testRecipient", "TestRecipient").target as string);

  const configs = `${stage.product}/configs`;
  const { state, why } = await lose(signing, { configs });

  expect(state).toBe("not relayed");
  expect(why).toContain("default ISM");
  expect(why).toContain("(core-differs)");
  const waiting = { domains: {}, waiting: ["chain10012"] };
  await writeFile(`${configs}/release.json`, JSON.stringify(waiting));
  expect((await found({ configs })).told.join()).not.toContain("core-differs");
  expect((await lose(signing, { configs })).why).toContain("(core-differs)");
  await rm(`${configs}/release.json`);
  await set(before);
  expect((await found({ configs })).told).toEqual([]);
}, 300_000);

test("a mailbox whose hooks were changed behind our back, so that nobody signs, is told", async () => {
  const mailbox = contractOf(here, "mailbox", "Mailbox");
  const [before, required] = await Promise.all(
    ["defaultHook", "requiredHook"].map((name) => mailbox.getFunction(name).staticCall()),
  );
  const set = (hook: string) =>
    mailbox
      .getFunction("setDefaultHook")
      .send(hook)
      .then((sent) => sent.wait());
  await set(required);

  const { told, failure } = await found();

  await set(before);
  expect(told).toEqual(["no-tree messages from chain5"]);
  expect(failure?.why).toContain("No hook of chain5's mailbox puts them into a merkle tree");
  expect((await found()).told).toEqual([]);
}, 300_000);

test("a sender without coins dispatches nothing", async () => {
  const { chain } = here;
  await chain.setBalance(stage.sender, 0n);

  const report = await stage.check({ mode: "send", routes: [ROUTE] });

  expect(report.failure?.why).toContain("chain5 > chain10012: not dispatched.");
  await chain.setBalance(stage.sender, 10n ** 18n);
}, 300_000);

test("a chain that is away is told, and the others are looked at", async () => {
  const rpcUrls = [here.chain, there.chain].map(({ name, url }) => {
    return { name, value: name === "chain5" ? url : "http://127.0.0.1:9" };
  });
  const { outputs, summary } = await stage.check({ rpcUrls, patience: 0 });

  expect(outputs.findings).toMatchObject([{ rule: "chain-away", chain: "chain10012" }]);
  expect(summary).toContain("0 of 2 routes");
}, 300_000);

/** Whom nobody answers need not wait for long here. */
const hasty = () => withPatienceUntil(async () => true);

test.each([
  ["says nothing any more", { kind: "drop" }],
  ["refuses", { kind: "error", code: -32005, message: "limit exceeded" }],
] as const)(
  "a node that %s in the middle is told of its chain, and the other chain's findings are there",
  async (_, action) => {
    const rule = there.chain.chaos.rule({ method: "eth_getBalance", times: Infinity, action });
    const routes = [ROUTE, { origin: "chain10012", destination: "chain5" }];
    const relayers = [account(77)];

    const { outputs, failure } = await stage.check({ routes, relayers, patience: 0 }, hasty());

    rule.remove();
    expect(failure).toMatchObject({ code: "hyperlane-unwell" });
    expect(outputs.findings).toMatchObject([
      { rule: "chain-away", chain: "chain10012" },
      { rule: "poor-relayer", chain: "chain5" },
    ]);
    const [first, second] = routes.map(nameOf);
    expect(outputs.routes).toEqual({
      [first as string]: "chain-away",
      [second as string]: "chain-away",
    });
  },
  300_000,
);

test("a message to a chain that stops answering is lost sight of, and the others are followed", async () => {
  const asked = interfaceOf("Mailbox").getFunction("delivered")?.selector ?? "";
  const isArrival = ({ params }: { params: unknown[] }) => JSON.stringify(params).includes(asked);
  const rule = there.chain.chaos.rule({
    ...{ method: "eth_call", where: isArrival, times: Infinity },
    action: { kind: "error", code: -32000, message: "the index is gone" },
  });
  const back = { origin: "chain10012", destination: "chain5" };
  const [first, second] = [await next(here), await next(there)];
  const others = stage.network.validators[1] ?? [];
  const areSigned = async () => {
    const all = await Promise.all(others.map((one) => hasSigned(one, second)));
    return (await next(here)) > first && all.every(Boolean);
  };

  const send = { mode: "send" as const, routes: [ROUTE, back] };
  const report = await stage.check(send, withPatienceUntil(areSigned));

  rule.remove();
  expect(report.outputs.routes).toEqual({
    [nameOf(ROUTE)]: "not delivered",
    [nameOf(back)]: "not relayed",
  });
  const why = report.failure?.why ?? "";
  expect(why).toContain("chain10012 has stopped answering: the index is gone");
  expect(why).toContain("chain10012, chain10012: the index is gone (chain-away)");
  await mend();
}, 300_000);

test.each([
  ["mailbox", () => stage.sender, "has no code."],
  ["mailbox", () => there.addresses.testRecipient, "is no mailbox."],
  ["mailbox", () => there.addresses.proxyAdmin, "is no mailbox."],
  ["validatorAnnounce", () => there.addresses.mailbox, "serves no mailbox."],
  ["testRecipient", () => stage.sender, "has no code."],
])(
  "a registry that was edited by hand: of a wrong %s it is told (%#)",
  async (name, at, flaw) => {
    const path = `${stage.product}/registry/chains/chain10012/addresses.yaml`;
    const edited = { ...there.addresses, [name]: at() };
    await writeFile(path, addressesText(edited));

    const report = await stage.check({ patience: 0 });

    await writeFile(path, addressesText(there.addresses));
    const why = `${at()} ${flaw}`;
    expect(report.outputs).toMatchObject({
      findings: [{ rule: "wrong-address", chain: "chain10012", about: name, why }],
    });
  },
  60_000,
);

test("with the configs a wrong address of any contract is told", async () => {
  const path = `${stage.product}/registry/chains/chain10012/addresses.yaml`;
  const edited = { ...there.addresses, storageGasOracle: there.addresses.mailbox };
  await writeFile(path, addressesText(edited));

  const { told, failure } = await found({ configs: `${stage.product}/configs` });

  await writeFile(path, addressesText(there.addresses));
  expect(told).toEqual(["wrong-address chain10012"]);
  expect(failure?.why).toContain("What the registry calls storageGasOracle on chain10012");
});

test("a chain of zkSync's stack is held against no config, whose contracts would be others, and that is told", async () => {
  const folder = `${stage.product}/registry/chains/chain10012`;
  const before = await readFile(`${folder}/metadata.yaml`, "utf8");
  await writeFile(
    `${folder}/metadata.yaml`,
    stringify({ ...parse(before), technicalStack: "zksync" }),
  );
  const edited = { ...there.addresses, storageGasOracle: there.addresses.mailbox };
  await writeFile(`${folder}/addresses.yaml`, addressesText(edited));

  const configs = `${stage.product}/configs`;
  const report = await stage.check({ configs, routes: [ROUTE], patience: 0 });

  await writeFile(`${folder}/metadata.yaml`, before);
  await writeFile(`${folder}/addresses.yaml`, addressesText(there.addresses));
  expect(report.outputs).toMatchObject({ findings: [], well: true });
  expect(report.summary).toMatch(/What was not looked at[\s\S]*its core config/);
}, 60_000);

test("what no plan can bring back differs, and the other chains are looked at", async () => {
  const path = `${stage.product}/configs/chain10012.yaml`;
  const before = await readFile(path, "utf8");
  const interchainAccountRouter = { routerType: "minimal" };
  await writeFile(path, stringify({ ...parse(before), interchainAccountRouter }));

  const { told, failure } = await found({ configs: `${stage.product}/configs` });

  await writeFile(path, before);
  expect(told).toEqual([expect.stringMatching(/^core-differs /)]);
  expect(failure?.why).toContain("is regular.");
});

test("a contract of another version differs, and messages are looked at", async () => {
  const { chain, addresses } = there;
  const code = await chain.send<string>("eth_getCode", [addresses.validatorAnnounce, "latest"]);
  const setCode = (text: string) =>
    chain.send("anvil_setCode", [addresses.validatorAnnounce, text]);
  const [own = "", other = ""] = [VERSION, "11.3.1"].map((one) => Buffer.from(one).toString("hex"));
  await setCode(code.replace(own, other));

  const { told, failure } = await found({ configs: `${stage.product}/configs` });

  await setCode(code);
  expect(told).toEqual([expect.stringMatching(/^core-differs /)]);
  expect(failure?.why).toContain("is of version 11.3.1");
});

test("a route of a chain that nobody knows is refused", async () => {
  const routes = [{ origin: "chain5", destination: "chain7" }];
  await expect(stage.check({ routes })).rejects.toMatchObject({ code: "unknown-route" });
});

test("a reorg flag in a bucket is told, and that it holds all that its validator judges", async () => {
  const [{ bucket, address }, ...others] = signing;
  const put = { Bucket: bucket, Key: "reorg_flag.json", Body: "{}" };
  await new S3Client(stage.aws.clientConfig()).send(new PutObjectCommand(put));

  const held = [`reorg-flag ${address}`, "held-by-flag messages from chain5"];
  expect((await found()).told).toEqual(held);
  const { state, why } = await lose(others);
  expect(state).toBe("not relayed");
  expect(why).toContain(`${address} has a reorg_flag.json: relayers bring nothing`);
}, 300_000);

test("a bucket that was deleted is told by what it answers", async () => {
  const [, , third] = signing;
  await third.process.down();
  await drop(third.bucket);

  const { told, failure } = await found();

  expect(told).toContain(`not-signed ${third.address}`);
  expect(failure?.why).toContain("answers NoSuchBucket.");
}, 300_000);

async function drop(Bucket: string): Promise<void> {
  const s3 = new S3Client(stage.aws.clientConfig());
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  const Objects = Versions.map(({ Key, VersionId }) => ({ Key, VersionId }));
  await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  await s3.send(new DeleteBucketCommand({ Bucket }));
}
