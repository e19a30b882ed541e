// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Counter} from "../src/Counter.sol";

interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
    function createSelectFork(string calldata urlOrAlias) external returns (uint256 forkId);
    function readFile(string calldata path) external view returns (string memory data);
    function writeFile(string calldata path, string calldata data) external;
    function writeJson(string calldata json, string calldata path, string calldata key) external;
    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
    function toString(address value) external pure returns (string memory);
}

/// @notice Three scripts of one release, of which the second one forks by a URL of its own.
contract Steps {
    bool public constant IS_SCRIPT = true;
    string private constant FILE = "deployments/counters.json";
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @param count What the first counter shows in the end.
    function first(uint256 count) external {
        vm.startBroadcast();
        Counter counter = new Counter(0);
        for (uint256 i = 0; i < count; i++) {
            counter.increment();
        }
        vm.stopBroadcast();
        vm.writeFile(FILE, "{\"first\": null, \"second\": null}\n");
        vm.writeJson(vm.toString(address(counter)), FILE, ".first");
    }

    /// @param count What the first counter has to show on the chain, and by how much it is moved on.
    function second(uint256 count) external {
        vm.createSelectFork(vm.parseJsonString(vm.readFile("endpoints.json"), ".alpha"));
        Counter counter = counterAt(".first");
        require(counter.number() == count, "the first script has not happened");

        vm.startBroadcast();
        Counter other = new Counter(count);
        for (uint256 i = 0; i < count; i++) {
            counter.increment();
        }
        vm.stopBroadcast();
        vm.writeJson(vm.toString(address(other)), FILE, ".second");
    }

    function third(uint256 count) external {
        require(counterAt(".first").number() == 2 * count, "the second script has not happened");
        vm.startBroadcast();
        counterAt(".second").increment();
        vm.stopBroadcast();
    }

    function counterAt(string memory key) private view returns (Counter) {
        return Counter(vm.parseJsonAddress(vm.readFile(FILE), key));
    }
}
