import { errorsInText } from "../../scripts/sync/errors.ts";

test("an error's fixed words are read, with dots for what only the run knows", () => {
  const source = `
    const NEXT = "Try again.";
    throw new ActionError("no-luck", { what: \`\${chain} is down.\`, why, next: NEXT });
  `;
  expect(errorsInText(source)).toEqual([
    { code: "no-luck", what: "… is down.", next: "Try again." },
  ]);
});

test("of two constants of one name the nearest counts", () => {
  const source = `
    const next = "Far.";
    function fail() {
      const next = "Near.";
      return new ActionError("no-luck", { what: "It failed.", why: "", next });
    }
  `;
  expect(errorsInText(source)).toMatchObject([{ next: "Near." }]);
});

test("a verdict of four parts is an error, another list of four words is none", () => {
  expect(errorsInText('return ["no-solc", "No compiler", why, "Install it."];')).toEqual([
    { code: "no-solc", what: "No compiler: …", next: "Install it." },
  ]);
  expect(errorsInText('const names = ["one", "two", "three", "four"];')).toEqual([]);
});
