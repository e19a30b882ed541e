import { summarize } from "../src/summary.ts";

test("what is wrong and what to do comes before the picture of the routes", () => {
  const summary = summarize({
    routes: [{ origin: "one", destination: "two" }],
    watched: { origins: [], unjudged: [] } as never,
    findings: [{ rule: "chain-away", chain: "two", about: "its nodes", why: "None answers." }],
    ...{ messages: [], spent: [] },
  });
  expect(summary).toMatch(/^## Hyperlane: 1 thing wrong[\s\S]*None answers\.[\s\S]*```mermaid/);
});
