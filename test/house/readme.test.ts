import { fillParts } from "../../scripts/sync/readme.ts";

test("a part is put between its markers, whatever was there", () => {
  const readme = "# Title\n\n<!-- generated:inputs -->\nold\n<!-- /generated -->\n\nText.\n";
  expect(fillParts(readme, { inputs: "new" })).toBe(
    "# Title\n\n<!-- generated:inputs -->\nnew\n<!-- /generated -->\n\nText.\n",
  );
});

test("a marker for a part that there is not is refused", () => {
  const readme = "<!-- generated:inptus -->\n<!-- /generated -->";
  expect(() => fillParts(readme, { inputs: "new" })).toThrow('no generated part "inptus"');
});
