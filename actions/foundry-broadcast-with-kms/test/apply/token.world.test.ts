import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { githubClaims, type SignOptions } from "@playbook/world";
import { job, type Office, openOffice } from "./office.ts";

let office: Office;

beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office?.world[Symbol.asyncDispose]());

/** A token endpoint that hands out one token to whoever asks, as a broken or evil runner would. */
async function handOut(token: string): Promise<AsyncDisposable> {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ value: token }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  process.env.ACTIONS_ID_TOKEN_REQUEST_URL = `http://127.0.0.1:${port}/token?a=b`;
  return {
    [Symbol.asyncDispose]: async () => {
      office.actAs();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const tokens: { what: string; options: SignOptions }[] = [
  { what: "for another audience", options: { audience: "https://github.com/acme" } },
  { what: "that has expired", options: { expiresIn: -60 } },
  { what: "that is not signed", options: { key: "none" } },
  { what: "that somebody else has signed", options: { key: "foreign" } },
];

test.each(tokens)("a token $what opens nothing, and is not shown", async ({ options }) => {
  const token = await office.issuer.sign(githubClaims(job), options);
  const plan = await office.plan([{ name: "count" }]);
  await using _ = await handOut(token);

  const refusal = await office.release(plan).catch((error: unknown) => error);

  expect(refusal).toMatchObject({ code: "role-refused" });
  const [head, payload, signature] = token.split(".");
  for (const part of [head, payload, signature].filter(Boolean)) {
    expect((refusal as Error).message).not.toContain(part);
  }
});
