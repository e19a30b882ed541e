import { fileURLToPath } from "node:url";
import { startProcess, startWalledNetwork, type WalledNetwork } from "@playbook/world";
import { type Account, openAccount } from "./account.ts";

const script = fileURLToPath(new URL("./behind-wall.ts", import.meta.url));

/** Reserved for documentation: whoever passes the proxy by finds nobody there. */
const S3 = "192.0.2.1";
const TOKENS = "tokens.invalid";
const AWS = ["sts.us-east-1.amazonaws.com", "kms.us-east-1.amazonaws.com", S3];

let account: Account;
let wall: WalledNetwork;

beforeAll(async () => {
  account = await openAccount();
  const { aws, issuer, world } = account;
  const hosts = Object.fromEntries(AWS.map((host) => [host, aws.url]));
  wall = await startWalledNetwork({ dir: world.dir, hosts: { ...hosts, [TOKENS]: issuer.url } });
});
afterAll(async () => {
  await wall?.[Symbol.asyncDispose]();
  await account?.world[Symbol.asyncDispose]();
});

/** What a job says that opens a session, signs and stores, with this of the wall's environment. */
async function job(over: Record<string, string>): Promise<string> {
  const { env } = account.jobAs();
  const asked = new URL(env.ACTIONS_ID_TOKEN_REQUEST_URL);
  const child = await startProcess({
    command: process.execPath,
    args: [script, account.role, account.key, "state"],
    env: {
      ...env,
      ACTIONS_ID_TOKEN_REQUEST_URL: `https://${TOKENS}${asked.pathname}${asked.search}`,
      AWS_ENDPOINT_URL_S3: `https://${S3}`,
      ...over,
    },
  });
  await child.exited;
  return child.output();
}

test("a session, a key and a store are reached through the proxy, by the company CA", async () => {
  const said = await job(wall.environment);

  expect(said).toBe("signed, and stored in s3://state/wall\n");
  const hosts = new Set(wall.tunnels().map((tunnel) => tunnel.replace(":443", "")));
  expect(hosts).toEqual(new Set([TOKENS, ...AWS]));
});

test("a CA that is not known is told at once, with the variable to set", async () => {
  const { HTTPS_PROXY } = wall.environment;

  const said = await job({ HTTPS_PROXY });

  expect(said).toContain("code: certificate-untrusted");
  expect(said).toContain("NODE_EXTRA_CA_CERTS");
});

test("a proxy that does not let the run through is told at once, as the proxy", async () => {
  const said = await job({ ...wall.environment, AWS_ENDPOINT_URL_STS: "https://sts.invalid" });

  expect(said).toContain("code: proxy-refused");
});
