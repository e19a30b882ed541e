import { failureOf } from "../../src/plan/failure.ts";
import { parseScript } from "../../src/plan/script.ts";
import { SENDER } from "./sender.ts";

const script = parseScript("script/Deploy.s.sol:Deploy", SENDER);

function failure(stderr: string, stdout = "") {
  return failureOf(script, { stdout, stderr, scratch: "/tmp/copy" });
}

const TRACE = `No files changed, compilation skipped
Traces:
  [1645268] → new Deploy@0x5b73C5498c1E3b4dbA84de0F1833c4a029d90519
    └─ ← [Return] 8107 bytes of code

  [321831] Deploy::run()
    ├─ [0] VM::startBroadcast()
    │   └─ ← [Return]
    └─ ← [Revert] TooMany(3)

`;

// Each stderr is what forge 1.7.1 wrote.
test.each([
  {
    code: "script-reverted",
    stderr: "Error: script failed: TooMany(3)\n",
    why: "TooMany(3)",
  },
  {
    code: "raw-key",
    stderr: 'Error: script failed: vm.envUint: environment variable "PRIVATE_KEY" not found\n',
    why: "It reads PRIVATE_KEY from the environment. The only key of a release is the one in KMS.",
  },
  {
    code: "missing-variable",
    stderr: 'Error: script failed: vm.envAddress: environment variable "OWNER" not found\n',
    why: "It reads the environment variable OWNER, which is not set.",
  },
  {
    code: "compile-failed",
    stderr:
      "Error: Compiler run failed:\nWarning (2018): pure\n\nError (7576): Undeclared " +
      "identifier.\n --> script/A.s.sol:2:40:\n",
    why: "Error (7576): Undeclared identifier.\n --> script/A.s.sol:2:40:",
  },
  {
    code: "no-solc",
    stderr:
      "Error: Encountered invalid solc version in script/A.s.sol: No solc version installed that " +
      "matches the version requirement: =0.8.17\n",
    why:
      "Encountered invalid solc version in script/A.s.sol: No solc version installed that " +
      "matches the version requirement: =0.8.17",
  },
  {
    code: "no-solc",
    stderr: "Error: Found Solidity sources, but no compiler versions are available for it\n",
    why: "Found Solidity sources, but no compiler versions are available for it",
  },
  {
    code: "no-solc",
    stderr: "Error: `solc` /nowhere/solc does not exist\n",
    why: "`solc` /nowhere/solc does not exist",
  },
  {
    code: "script-failed",
    stderr: "Error: Function `nonesuch()` is not implemented in your script.\n",
    why: "Function `nonesuch()` is not implemented in your script.",
  },
  {
    code: "script-failed",
    stderr: "Error: Multi chain deployment does not support library linking at the moment.\n",
    why: "Multi chain deployment does not support library linking at the moment.",
  },
  {
    code: "step-reverts",
    stderr: "Error: Simulated execution failed.\n",
    why: "It succeeds in the",
  },
])("$code: $why", ({ code, stderr, why }) => {
  const error = failure(stderr);
  expect(error).toMatchObject({ code, why: expect.stringContaining(why) });
  expect(error.what).toContain("script/Deploy.s.sol:Deploy");
});

test("a revert quotes the end of the trace", () => {
  expect(failure("Error: script failed: TooMany(3)", TRACE).why).toBe(
    [
      "TooMany(3)",
      "  [321831] Deploy::run()",
      "    ├─ [0] VM::startBroadcast()",
      "    │   └─ ← [Return]",
      "    └─ ← [Revert] TooMany(3)",
    ].join("\n"),
  );
});

test("a long trace is cut in its middle", () => {
  const calls = Array.from({ length: 40 }, (_, at) => `    ├─ [0] call ${at}`).join("\n");
  const { why } = failure(
    "Error: script failed: no",
    `Traces:\n\n  [1] A::run()\n${calls}\n    └─ ← [Revert] no`,
  );
  expect(why.split("\n").slice(1, 4)).toEqual([
    ...["  [1] A::run()", "  …", expect.stringContaining("call")],
  ]);
  expect(why.split("\n").length).toBeLessThan(18);
});

test("neither the copy's folder nor an RPC's key is shown", () => {
  const said =
    "Error: script failed: cannot read /tmp/copy/config/a.json from https://rpc.example/v2/secret";
  expect(failure(said).why).toContain("cannot read config/a.json from https://rpc.example/…");
});
