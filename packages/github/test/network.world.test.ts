import { fileURLToPath } from "node:url";
import { type Pull, startProcess, startWalledNetwork, startWorld } from "@playbook/world";

const script = fileURLToPath(new URL("./behind-wall.ts", import.meta.url));

async function openOffice() {
  const world = await startWorld({ github: {} });
  const { github } = world;
  const wall = await startWalledNetwork({
    dir: world.dir,
    hosts: { "api.github.com": github.url },
  });
  const pull = github.openPull("acme/app", {});
  const token = github.token({ "pull-requests": "read" }, "acme/app");
  return { world, wall, pull, token };
}

let office: Awaited<ReturnType<typeof openOffice>>;

beforeAll(async () => {
  office = await openOffice();
});
afterAll(async () => {
  await office?.wall[Symbol.asyncDispose]();
  await office?.world[Symbol.asyncDispose]();
});

/** What a job says that looks a pull request up, with this of the wall's environment. */
async function job(env: Record<string, string>): Promise<string> {
  const { number, head }: Pull = office.pull;
  const child = await startProcess({
    command: process.execPath,
    args: [script, office.token, String(number), head.sha],
    env,
  });
  await child.exited;
  return child.output();
}

test("GitHub is reached through the proxy, by the company's CA", async () => {
  const said = await job(office.wall.environment);

  expect(said).toBe(`found ${office.pull.number}\n`);
  expect(office.wall.tunnels()).toContain("api.github.com:443");
});

test("a CA that is not known is told at once, with the variable to set", async () => {
  const { HTTPS_PROXY } = office.wall.environment;

  const said = await job({ HTTPS_PROXY });

  expect(said).toContain("code: certificate-untrusted");
  expect(said).toContain("NODE_EXTRA_CA_CERTS");
});

test("a proxy that does not let the run through is told at once, as the proxy", async () => {
  const said = await job({ ...office.wall.environment, GITHUB_API_URL: "https://github.invalid" });

  expect(said).toContain("code: proxy-refused");
});
