// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Counter} from "../src/Counter.sol";

interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// @notice forge script script/Count.s.sol --sig "run(uint256)" TRANSACTIONS
contract Count {
    bool public constant IS_SCRIPT = true;
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run() external {
        run(1);
    }

    /// @param transactions How many, the deployment included.
    function run(uint256 transactions) public {
        vm.startBroadcast();
        Counter counter = new Counter(0);
        for (uint256 i = 1; i < transactions; i++) {
            counter.increment();
        }
        vm.stopBroadcast();
    }
}
