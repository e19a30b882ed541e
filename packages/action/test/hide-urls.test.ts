import { hideUrls } from "../src/index.ts";

test.each([
  ["at https://rpc.example/v2/secret", "at https://rpc.example/…"],
  ['"wss://user:pass@rpc.example:8546?key=1",', '"wss://rpc.example:8546/…",'],
  ["(http://127.0.0.1:8545): refused", "(http://127.0.0.1:8545/…): refused"],
  ["https://one.example/secret,https://two.example", "https://one.example/…,https://two.example/…"],
  ["no URL at all", "no URL at all"],
])("of %s remains the host", (text, hidden) => {
  expect(hideUrls(text)).toBe(hidden);
});

const ALCHEMY = "aBcD1234_eFgH5678-iJkL9012mNoP34";
const HEX = "0123456789abcdef0123456789abcdef";
const UUID = "01234567-89ab-cdef-0123-456789abcdef";

test.each([
  [`at rpc.example.com/v2/${ALCHEMY}`, "at rpc.example.com/…"],
  [`"rpc.example.com:8545/${HEX}/",`, '"rpc.example.com:8545/…",'],
  [`one.example/v3/${HEX},two.example/${UUID}`, "one.example/…,two.example/…"],
  ["lb.example.org/rpc?network=axon&key=of-mine", "lb.example.org/…"],
  [`String(10.0.0.1:8545/${HEX})`, "String(10.0.0.1:8545/…)"],
  [`rpc.example.com/v2/${ALCHEMY}: refused`, "rpc.example.com/…: refused"],
  [`it was rpc.example.com/${HEX}.`, "it was rpc.example.com/…"],
  [`localhost:8545/${HEX}`, "localhost:8545/…"],
  ["me:my-word@rpc.example.com", "rpc.example.com/…"],
  [`\\"rpc.example.com/v2/${ALCHEMY}\\"`, '\\"rpc.example.com/…\\"'],
  [`ttps://rpc.example.com/v2/short`, "ttps://rpc.example.com/…"],
  [`https:/rpc.example.com/v2/short`, "https://rpc.example.com/…"],
])("of a URL that lacks its scheme, or half of it, remains the host: %s", (text, hidden) => {
  expect(hideUrls(text)).toBe(hidden);
});

test.each([
  "Failed to pull image " +
    '"111122223333.dkr.ecr.eu-central-1.amazonaws.com/hyperlane-agent-2-build:agents-v2.3.0"',
  `Pulled ghcr.io/hyperlane-xyz/hyperlane-agent@sha256:${HEX}${HEX}`,
  `Back-off pulling image "docker.io/library/agent:${HEX}"`,
  "node(s) had untolerated taint {node.kubernetes.io/not-ready: }, topology.kubernetes.io/zone",
  "annotation eks.amazonaws.com/role-arn of " +
    "arn:aws:iam::111122223333:role/khalani-validator-axon-a-pod",
  "/usr/local/cargo/registry/src/index.crates.io-6f17d22bba15001f/tokio-1.38.0/src/runtime/mod.rs:98",
  "/usr/local/cargo/git/checkouts/ethers-rs-3f2a1b4c5d6e7f80/0123456/ethers-providers/src/lib.rs",
  "main.go:12 github.com/aws/aws-sdk-go-v2/service/internal/presigned-url@v1.11.9",
  "Error: out/Mailbox.sol/Mailbox.json: no such file, see contracts/isms/Multisig.sol:12:5",
  "lib/openzeppelin-contracts-upgradeable.sol/AccessControlEnumerableUpgradeable2.sol",
  `s3://axon.backups/${HEX}/manifest.json and s3://one/us-east-1`,
  `0x${HEX}${HEX} at 0xAbCdEf0123456789AbCdEf0123456789AbCdEf01`,
  "2026-11-29T21:20:00.123456Z INFO took 1.5/2 of " +
    "10.0.0.1:9090/metrics; e.g. a/b, hyperlane.xyz/docs",
  "s3.eu-central-1.amazonaws.com/khalani-validator-axon-a-111122223333/checkpoint_17.json",
  "failed: rpc.example.com:443 refused; me@example.com; http/1.1; v2.3.0/relayer",
])("what only looks like one stays whole: %s", (text) => {
  expect(hideUrls(text)).toBe(text);
});

test("a long line is read in no time", () => {
  const since = performance.now();
  for (const piece of ["a,", "a.b-", "a:b.", "1a2b", "x.yz/1a2b-"]) hideUrls(piece.repeat(20_000));
  expect(performance.now() - since).toBeLessThan(5_000);
});

/** As Hyperlane's agents write it into their log, in which it is quoted once more. */
const printed = (host: string, rest: string) =>
  String.raw`Error { url: Url { scheme: \"http\", cannot_be_a_base: false, username: \"a-secret\", ` +
  String.raw`password: Some(\"a-secret\"), host: Some(${host}), port: Some(9), path: \"/a-secret\"${rest}`;

test.each(["Ipv4(127.0.0.1)", String.raw`Domain(\"rpc.example\")`])(
  "of a URL that is printed in its parts remains the host: %s",
  (host) => {
    const rest = String.raw`, query: Some(\"a-secret={}\"), fragment: None }, source: refused }`;
    const hidden = `Error { url: Url { host: Some(${host}), port: Some(9), … }, source: refused }`;

    expect(hideUrls(printed(host, rest))).toBe(hidden);
  },
);

test("nor is more told of one that the end of a log has cut off", () => {
  const before = printed("Ipv4(127.0.0.1)", "");

  for (let length = before.indexOf("Url {"); length <= before.length; length += 1) {
    expect(hideUrls(`${before.slice(0, length)}\nnext`)).not.toContain("a-sec");
  }
});
