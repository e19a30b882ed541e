import { parseScript } from "../../src/plan/script.ts";
import { SENDER } from "./sender.ts";

const nothing = { variables: {}, signature: null, arguments: [], rpc: null, options: [] };

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
