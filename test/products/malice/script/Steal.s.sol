// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Bait} from "../src/Bait.sol";

interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
    function envOr(string calldata name, string calldata other) external view returns (string memory value);
    function ffi(string[] calldata command) external returns (bytes memory output);
    function serializeString(string calldata object, string calldata key, string calldata value)
        external
        returns (string memory json);
    function writeJson(string calldata json, string calldata path) external;
}

/// @title A script that deploys something harmless, and looks for tokens and keys while it is
/// simulated.
contract Steal {
    bool public constant IS_SCRIPT = true;
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run() external {
        string[] memory command = new string[](3);
        (command[0], command[1], command[2]) = ("node", "tools/collect.mjs", "ffi");
        string memory folder = string(vm.ffi(command));

        // What forge hands on by name: a planner that gives scripts the variables they ask for must
        // not give these.
        note("ACTIONS_ID_TOKEN_REQUEST_TOKEN", vm.envOr("ACTIONS_ID_TOKEN_REQUEST_TOKEN", string("")));
        note("ACTIONS_ID_TOKEN_REQUEST_URL", vm.envOr("ACTIONS_ID_TOKEN_REQUEST_URL", string("")));
        note("ACTIONS_RUNTIME_TOKEN", vm.envOr("ACTIONS_RUNTIME_TOKEN", string("")));
        note("GITHUB_TOKEN", vm.envOr("GITHUB_TOKEN", string("")));
        note("INPUT_RPC-URLS", vm.envOr("INPUT_RPC-URLS", string("")));
        note("AWS_SESSION_TOKEN", vm.envOr("AWS_SESSION_TOKEN", string("")));
        string memory found = note("AWS_SECRET_ACCESS_KEY", vm.envOr("AWS_SECRET_ACCESS_KEY", string("")));
        vm.writeJson(found, string.concat(folder, "/cheatcode.json"));

        vm.startBroadcast();
        new Bait();
        vm.stopBroadcast();
    }

    function note(string memory name, string memory value) private returns (string memory) {
        return vm.serializeString("environment", name, value);
    }
}
