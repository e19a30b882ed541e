import { previewAt } from "../src/edge/host.js";

test.each([
  ["pr-1.previews.example.net", "pr-1"],
  ["PR-12.Previews.example.net", "pr-12"],
  ["pr-12.previews.example.net:8443", "pr-12"],
])("%s stands for %s", (host, name) => {
  expect(previewAt(host)).toBe(name);
});

test.each([
  "live",
  "live.previews.example.net",
  "pr-0.previews.example.net",
  "pr-01.previews.example.net",
  "pr-.previews.example.net",
  "pr-1-2.previews.example.net",
  "pr-99999999999.previews.example.net",
  "x.pr-1.example.net",
  "",
])("%s stands for no preview", (host) => {
  expect(previewAt(host)).toBeNull();
});
