import { hideUrls } from "../../src/plan/host.ts";

test.each([
  ["at https://rpc.example/v2/secret", "at https://rpc.example/…"],
  ['"wss://user:pass@rpc.example:8546?key=1",', '"wss://rpc.example:8546/…",'],
  ["(http://127.0.0.1:8545): refused", "(http://127.0.0.1:8545/…): refused"],
  ["no URL at all", "no URL at all"],
])("of %s remains the host", (text, hidden) => {
  expect(hideUrls(text)).toBe(hidden);
});
