import type { Secret } from "@playbook/world";
import { leaksIn } from "./leaks.ts";

/** Values with what encodings change: in base64, `???` has a slash and `>>>` a plus. */
const SECRETS: Secret[] = [
  { what: "secret access key", value: "wJal/XUtn+FEMIK7MDENGbPxRfi=" },
  { what: "session token", value: `IQoJb3JpZ2luX2Vj${"q+Z/".repeat(80)}` },
  { what: "secret RPC_URLS", value: 'alpha=https://rpc/v2/"???>>>"\nbeta=https://rpc/v2/~?>~?>' },
];

const base64 = (text: string) => Buffer.from(text).toString("base64");

const writings: [string, (value: string) => string][] = [
  ["as it is", (value) => value],
  ["in JSON", (value) => JSON.stringify({ deep: [value] })],
  ["in a URL", (value) => new URL(`https://x.example/?k=${encodeURIComponent(value)}`).href],
  ["in hexadecimal", (value) => `0x08c379a0${Buffer.from(value).toString("hex")}00`],
  ["in base64", base64],
  ["in base64, as a password", (value) => `Basic ${base64(`x-access-token:${value}`)}`],
  ["in base64, in broken lines", (value) => base64(value).replaceAll(/.{76}/g, "$&\n")],
  ["in base64url", (value) => Buffer.from(`\xff${value}`).toString("base64url")],
  ...[0, 1, 2].map((before): [string, (value: string) => string] => [
    `in base64, behind ${before} bytes and before others`,
    (value) => base64(`${".".repeat(before)}${value}, and so on`),
  ]),
];

const found = (text: string, secrets = SECRETS) =>
  leaksIn([{ where: "here", bytes: Buffer.from(text) }], secrets);

describe.each(SECRETS)("a $what is found", ({ what, value }) => {
  test.each(writings)("%s", (_, write) => {
    expect(found(`so it is: ${write(value)}.`)).toEqual([{ what, where: "here" }]);
  });
});

test.each([
  ["a JWT", `eyJ${"h".repeat(30)}.eyJ${"p".repeat(30)}.${"s".repeat(40)}`],
  ["an AWS key", "AKIAIOSFODNN7EXAMPLE"],
  ["an AWS key", "ASIAIOSFODNN7EXAMPLE"],
  ["a GitHub token", `ghp_${"a1".repeat(18)}`],
  ["a GitHub token", `github_pat_${"a1".repeat(30)}`],
])("what looks like %s is found, whoever gave it out", (kind, text) => {
  expect(found(`so it is: ${text}.`, [])).toEqual([
    { what: `what looks like ${kind}`, where: "here" },
  ]);
});

test("what is no secret is not found", () => {
  const others = ["", "https://rpc.example", base64("eyJ AKIA ghs_"), `0x${"ab".repeat(32)}`];
  expect(found(others.join("\n"))).toEqual([]);
});
