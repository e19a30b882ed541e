import { pictureOf } from "../src/picture.ts";

test("routes that work are whole lines, others are dotted and red", () => {
  const there = { origin: "one", destination: "two" };
  const back = { origin: "two", destination: "one" };
  const drawn = pictureOf([
    { route: there, isWell: true, label: "4 s" },
    { route: back, isWell: false, label: "not signed" },
  ]);
  expect(drawn.split("\n")).toEqual([
    "```mermaid",
    "flowchart LR",
    '  c0["one"]',
    '  c1["two"]',
    '  c0 -- "4 s" --> c1',
    '  c1 -. "not signed" .-> c0',
    "  linkStyle 1 stroke:#d1242f,stroke-width:2px",
    "```",
  ]);
});

test("a name says nothing to Mermaid", () => {
  const route = { origin: 'a"] --> b["', destination: "`" };
  const lines = pictureOf([{ route, isWell: true, label: "x\ny" }]).split("\n");
  expect(lines).toContain('  c0[" "]');
  expect(lines).toContain('  c1["a   --  b"]');
  expect(lines).toContain('  c1 -- "x y" --> c0');
});

test("without routes there is nothing to draw", () => {
  expect(pictureOf([])).toBe("");
});
