import { checkNamespaces } from "../../src/preflight/namespaces.ts";
import { setOf } from "./sets.ts";

const inPlace = (namespace?: string) => {
  const set = setOf("axon-0");
  return { ...set, metadata: { ...set.metadata, ...(namespace && { namespace }) } };
};

test("a validator that the chart makes in another namespace is refused: nobody would watch it", () => {
  expect(checkNamespaces([inPlace("chain")], "axon")).toMatchObject([
    { code: "validator-elsewhere", level: "error", next: expect.stringContaining("chain") },
  ]);
});

test.each([undefined, "axon"])("one in %s is where it is looked for", (namespace) => {
  expect(checkNamespaces([inPlace(namespace)], "axon")).toEqual([]);
});
