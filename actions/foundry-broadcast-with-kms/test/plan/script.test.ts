import { entriesOf, entryOf, parseScript } from "../../src/plan/script.ts";
import { SENDER } from "./sender.ts";

const nothing = {
  before: [],
  variables: {},
  signature: null,
  arguments: [],
  rpc: null,
  options: [],
};

test.each([
  {
    says: "a path alone runs forge's default",
    line: "script/Deploy.s.sol",
    script: { target: "script/Deploy.s.sol" },
  },
  {
    says: "a function and its arguments are kept apart",
    line: 'script/Deploy.s.sol:Deploy --sig "run(uint256,string)" 5 "two words"',
    script: {
      target: "script/Deploy.s.sol:Deploy",
      signature: "run(uint256,string)",
      arguments: ["5", "two words"],
    },
  },
  {
    says: "a contract may be named by its own option",
    line: "script/Deploy.s.sol --tc Deploy -s 'deploy()'",
    script: { target: "script/Deploy.s.sol:Deploy", signature: "deploy()" },
  },
  {
    says: "a negative number is an argument",
    line: 'script/D.s.sol --sig="run(int256)" -5',
    script: { target: "script/D.s.sol", signature: "run(int256)", arguments: ["-5"] },
  },
  {
    says: "after -- all is arguments",
    line: 'script/D.s.sol --sig "run(string)" -- --rpc-url',
    script: { target: "script/D.s.sol", signature: "run(string)", arguments: ["--rpc-url"] },
  },
  {
    says: "a chain is asked for by name",
    line: "script/D.s.sol --rpc-url alpha",
    script: { target: "script/D.s.sol", rpc: "alpha" },
  },
  {
    says: "variables stand before the command",
    line: 'REMOTE=beta OWNERS="0x01, 0x02" EMPTY= script/D.s.sol KEY=value',
    script: {
      target: "script/D.s.sol",
      variables: { REMOTE: "beta", OWNERS: "0x01, 0x02", EMPTY: "" },
      arguments: ["KEY=value"],
    },
  },
  {
    says: "a variable may be what a command prints",
    line: 'TOKENS=$(jq -r ".[]" out.json) script/D.s.sol',
    script: { target: "script/D.s.sol", variables: { TOKENS: '\0jq -r ".[]" out.json\0' } },
  },
  {
    says: "the sender may be said when it is the key's, and so may --aws",
    line: `script/D.s.sol --aws true --sender ${SENDER.toLowerCase()}`,
    script: { target: "script/D.s.sol" },
  },
  {
    says: "the whole command is understood, and sending left to `apply`",
    line: "forge script script/D.s.sol --broadcast --slow --verify -vvvv --with-gas-price 5gwei",
    script: { target: "script/D.s.sol" },
  },
  {
    says: "what concerns the compilation goes to forge",
    line: "script/D.s.sol --via-ir --libraries src/A.sol:A:0x01 --ffi",
    script: {
      target: "script/D.s.sol",
      options: ["--via-ir", "--libraries", "src/A.sol:A:0x01", "--ffi"],
    },
  },
])("$says", ({ line, script }) => {
  expect(parseScript(line, SENDER)).toEqual({ ...nothing, ...script, line });
});

test.each([
  ["script/D.s.sol --private-key 0x01", "--private-key chooses a key or a sender"],
  ["script/D.s.sol --sender 0x01", "--sender chooses a key or a sender"],
  ["script/D.s.sol --ledger", "--ledger chooses a key or a sender"],
  ["script/D.s.sol --rcp-url alpha", "did you mean --rpc-url?"],
  ["script/D.s.sol --sig", "--sig has no value."],
  ['script/D.s.sol --sig "run()', 'Its quote " is never closed.'],
  ["script/D.s.sol $OWNER", "There is no shell here"],
  ['script/D.s.sol "`whoami`"', "There is no shell here"],
  ["script/A.s.sol && script/B.s.sol", "There is no shell here"],
  ["script/A.s.sol $(cat owner.txt)", "can only be the value of a variable"],
  ["A=$(cat owner.txt script/A.s.sol", "Its $( is never closed."],
  ["--rpc-url alpha", "It names no script."],
])("%s is refused: %s", (line, why) => {
  expect(() => parseScript(line, SENDER)).toThrow(
    expect.objectContaining({ code: "bad-script", why: expect.stringContaining(why) }),
  );
});

test("a key on a line is not repeated", () => {
  const line = "script/D.s.sol --private-key 0x0123456789";
  expect(() => parseScript(line, SENDER)).toThrow(
    expect.objectContaining({ what: expect.not.stringContaining("0123456789") }),
  );
});

describe("commands between the scripts", () => {
  const lines = ["script/A.s.sol", "$ make merge", "$ npm run group", "script/B.s.sol"];

  test("belong to the script that follows them", () => {
    const entries = entriesOf(lines);
    expect(entries).toEqual(["script/A.s.sol", "$ make merge\n$ npm run group\nscript/B.s.sol"]);

    const scripts = entries.map((entry) => parseScript(entry, SENDER));
    expect(scripts).toMatchObject([
      { before: [], target: "script/A.s.sol" },
      { before: ["make merge", "npm run group"], target: "script/B.s.sol", line: "script/B.s.sol" },
    ]);
    expect(scripts.map(entryOf)).toEqual(entries);
  });

  test("are refused behind the last one", () => {
    expect(() => entriesOf([...lines, "$ make done"])).toThrow(
      expect.objectContaining({ code: "bad-script", why: expect.stringContaining("none follows") }),
    );
  });
});
