import { startWalledNetwork, type WalledNetwork } from "@playbook/world";
import { type Ended, launch } from "./job.ts";
import { type Office, openOffice } from "./office.ts";
import { faultsIn } from "./state.ts";

/** Reserved for documentation: whoever passes the proxy by finds nobody there. */
const AWS = "192.0.2.1";
const TOKENS = "tokens.invalid";
const RPC = "rpc.invalid";

let office: Office;
let wall: WalledNetwork;

beforeAll(async () => {
  office = await openOffice();
  const { aws, issuer, chain, world } = office;
  const hosts = { [AWS]: aws.url, [TOKENS]: issuer.url, [RPC]: chain.url };
  wall = await startWalledNetwork({ dir: world.dir, hosts });
});
afterAll(async () => {
  await wall?.[Symbol.asyncDispose]();
  await office?.world[Symbol.asyncDispose]();
});

/** A release by a process that finds everything beyond the wall only. */
async function release(env: Record<string, string>, rpcUrl = `https://${RPC}/key`) {
  const plan = await office.plan([{ name: "count" }]);
  const asked = new URL(process.env.ACTIONS_ID_TOKEN_REQUEST_URL ?? "");
  const before = wall.tunnels().length;
  const { ended } = await launch(
    office,
    office.given(plan, { "rpc-urls": `chain10012=${rpcUrl}` }),
    {
      AWS_ENDPOINT_URL: `https://${AWS}`,
      ACTIONS_ID_TOKEN_REQUEST_URL: `https://${TOKENS}${asked.pathname}${asked.search}`,
      ...env,
    },
  );
  const end: Ended = await ended;
  const hosts = new Set(
    wall
      .tunnels()
      .slice(before)
      .map((one) => one.replace(/:\d+$/, "")),
  );
  return { plan, end, hosts };
}

/** Only the chain is beyond the wall. */
const inside = () => ({
  AWS_ENDPOINT_URL: office.aws.url,
  ACTIONS_ID_TOKEN_REQUEST_URL: process.env.ACTIONS_ID_TOKEN_REQUEST_URL ?? "",
});

test("a release goes through the proxy with all that it asks, and nothing passes it by", async () => {
  const { plan, end, hosts } = await release(wall.environment);

  expect(end).toMatchObject({ code: 0, outputs: { changed: "true" } });
  expect(hosts).toEqual(new Set([AWS, TOKENS, RPC]));
  expect(await faultsIn(office, plan)).toEqual([]);
});

test("a host that is excepted is not asked for at the proxy", async () => {
  const { HTTPS_PROXY: proxy } = wall.environment;
  const env = { ...wall.environment, HTTP_PROXY: proxy, NO_PROXY: "localhost, 127.0.0.1" };

  const { plan, end, hosts } = await release(env, office.chain.url);

  expect(end.code).toBe(0);
  expect(hosts).toEqual(new Set([AWS, TOKENS]));
  expect(await faultsIn(office, plan)).toEqual([]);
});

test("a chain whose certificate is of an unknown CA is told at once, once", async () => {
  const { HTTPS_PROXY } = wall.environment;

  const { end } = await release({ HTTPS_PROXY, ...inside() });

  expect(end.code).toBe(1);
  expect(end.output.match(/::error/g)).toHaveLength(1);
  expect(end.summary).toContain("chain10012's RPC endpoint shows a certificate");
  expect(end.summary).toContain("NODE_EXTRA_CA_CERTS");
});

test("a chain that the proxy does not let through is told as that", async () => {
  const env = { ...wall.environment, ...inside() };

  const { end } = await release(env, "https://elsewhere.invalid/hunter2");

  expect(end.code).toBe(1);
  expect(end.summary).toContain("The proxy does not let this run reach chain10012's RPC endpoint.");
  expect(end.output).not.toMatch(/::error.*hunter2/);
});
