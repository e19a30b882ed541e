import { forbiddenScripts } from "../src/inline-scripts.ts";

const STRICT = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'";

test("scripts inside a page are counted that its policy keeps from running", () => {
  const page = `
    <script src="/a.js"></script> <script async type="module" src=/b.js></script>
    <script>start()</script> <script type="module">start()</script> <script type="importmap">{}</script>
    <script type="application/ld+json">{}</script> <!-- <script>old()</script> -->
  `;
  expect(forbiddenScripts(page, STRICT)).toBe(3);
});

test.each([
  ["none", undefined],
  ["one that lets them run", "script-src 'self' 'unsafe-inline'"],
  ["one with hashes", "script-src 'self' 'sha256-abc'"],
  ["one for elements", "script-src 'self'; script-src-elem 'unsafe-inline'"],
  ["one that says nothing of scripts", "frame-ancestors 'none'"],
])("of a policy nothing is said: %s", (_, policy) => {
  expect(forbiddenScripts("<script>start()</script>", policy)).toBe(0);
});
