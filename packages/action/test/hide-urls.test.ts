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
