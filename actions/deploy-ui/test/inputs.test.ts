import { parseInputs } from "@playbook/action";
import { schema } from "../src/inputs.ts";
import { type Given, variables } from "./studio.ts";

const parse = parseInputs(schema);
const needed = { mode: "apply", environment: "production", release: "v1" };
const read = (given: Given) => parse(variables({ ...needed, ...given }));

test("folders and files are written with the slashes that addresses have", () => {
  const { immutable, perRelease } = read({
    ...{ immutable: "build\n/static/", "per-release": "assets/a.js\n/b.js" },
  });
  expect(immutable).toEqual(["/build/", "/static/"]);
  expect(perRelease).toEqual(["/assets/a.js", "/b.js"]);
});

test("what is not given has its default", () => {
  expect(read({})).toMatchObject({
    ...{ folder: "dist", immutable: undefined, perRelease: [], routing: "single-page", keep: 10 },
    ...{ allowOlder: false, verify: 3, wait: true, rollbackTo: "previous", deadline: 1_800_000 },
  });
});

test("a URL loses the slash at its end", () => {
  expect(read({ url: "https://app.example.com/" }).url).toBe("https://app.example.com");
});

test.each([
  ["release", "../v1", "must be letters, digits"],
  ["release", "a b", "must be letters, digits"],
  ["release", 'v1"><script>', "must be letters, digits"],
  ["key-value-store", "live", "must be the ARN"],
  ["url", "app.example.com", "must be https://host"],
  ["artifact-digest", "sha1:00", "must be sha256:"],
  ["cache-rules", "*.png", "is not pattern=value"],
  ["routing", "pages", "must be single-page or files"],
  ["keep", "-1", "must be a whole number"],
])("%s: %s is refused", (name, value, words) => {
  expect(() => read({ [name]: value })).toThrow(
    expect.objectContaining({ code: "bad-input", message: expect.stringContaining(words) }),
  );
});
