import {
  allowedEnvironment,
  npmEnvironment,
  variablesInSource,
  variablesInToml,
} from "../../src/plan/environment.ts";

test("children get what programs need, what the product names, and nothing else", () => {
  const env = {
    ...{ PATH: "/bin", HOME: "/home/me", HTTPS_PROXY: "http://proxy", SSL_CERT_FILE: "/ca" },
    ...{ FOUNDRY_VIA_IR: "true", OWNER: "0x01", UNNAMED: "x" },
  };
  expect(allowedEnvironment(env, ["OWNER", "ABSENT"])).toEqual({
    ...{ PATH: "/bin", HOME: "/home/me", HTTPS_PROXY: "http://proxy", SSL_CERT_FILE: "/ca" },
    ...{ FOUNDRY_VIA_IR: "true", OWNER: "0x01" },
    ...{ NO_PROXY: "127.0.0.1,localhost", no_proxy: "127.0.0.1,localhost" },
  });
});

test.each([
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
  "ACTIONS_RUNTIME_TOKEN",
  "INPUT_ROLE",
  "GITHUB_TOKEN",
  "GH_TOKEN",
  "AWS_SESSION_TOKEN",
  "RUNNER_TEMP",
  "FOUNDRY_ETHERSCAN_API_KEY",
])("%s stays, even when a script asks for it by a cheatcode", (name) => {
  const named = name.startsWith("FOUNDRY_") ? [] : [name];
  expect(allowedEnvironment({ [name]: "secret" }, named)).not.toHaveProperty(name);
});

test("forks are reached past a proxy, along with what was excepted before", () => {
  const { NO_PROXY } = allowedEnvironment({ NO_PROXY: ".internal" }, []);
  expect(NO_PROXY).toBe(".internal,127.0.0.1,localhost");
});

test("npm keeps its settings", () => {
  expect(npmEnvironment({ npm_config_registry: "there", OTHER: "x" })).toMatchObject({
    npm_config_registry: "there",
  });
});

test("variables are found where Solidity and TOML name them", () => {
  const source = `
    address owner = vm.envAddress("OWNER");
    uint256 limit = vm.envOr('LIMIT', uint256(5));
    vm . envString( "SPACED" );
    string memory dynamic = vm.envString(name);
    ovm.envString("NOT_MINE");`;
  expect(variablesInSource(source)).toEqual(["OWNER", "LIMIT", "SPACED"]);
  expect(variablesInToml('alpha = "${ALPHA_URL}/${KEY}"')).toEqual(["ALPHA_URL", "KEY"]);
});
