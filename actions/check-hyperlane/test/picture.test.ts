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

/** All routes of as many chains; those of `broken` to c do not work. */
function among(count: number, broken: readonly string[] = []) {
  const names = Array.from({ length: count }, (_, at) => String.fromCharCode(97 + at));
  return names.flatMap((origin) =>
    names
      .filter((destination) => destination !== origin)
      .map((destination) => {
        const isWell = !(destination === "c" && broken.includes(origin));
        return { route: { origin, destination }, isWell, label: isWell ? "4 s" : "not relayed" };
      }),
  );
}

test("many routes are a table, and only those that are broken are lines", () => {
  const drawn = pictureOf(among(8, ["a", "h"]));
  const lines = drawn.split("\n");

  expect(lines.filter((line) => line.includes(".->"))).toHaveLength(2);
  expect(drawn).not.toContain("-->");
  expect(lines).toContain("| From, to | a | b | c | d | e | f | g | h |");
  expect(lines).toContain("| **a** |  | 4 s | ❌ not relayed | 4 s | 4 s | 4 s | 4 s | 4 s |");
  expect(pictureOf(among(8))).not.toContain("mermaid");
});

test("four chains are lines alone", () => {
  expect(pictureOf(among(4)).split("-->")).toHaveLength(13);
  expect(pictureOf(among(4))).not.toContain("| From");
});
