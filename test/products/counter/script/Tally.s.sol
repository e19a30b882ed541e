// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Tally} from "../src/Tally.sol";

interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// @notice Steps of which each has data of its own, for what is broken on purpose.
contract TallyScript {
    bool public constant IS_SCRIPT = true;
    uint256 private constant FIRST = 1;
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @param steps How many calls follow the creation.
    function run(uint256 steps) external {
        Tally tally = begin(false);
        count(tally, FIRST, steps);
        vm.stopBroadcast();
    }

    /// @notice One call in the middle fails when the gate is shut, and others come after it.
    function guarded(uint256 steps) external {
        Tally tally = begin(false);
        count(tally, FIRST, steps / 2);
        tally.countWhenOpen(FIRST + steps / 2);
        count(tally, FIRST + steps / 2 + 1, steps - steps / 2 - 1);
        vm.stopBroadcast();
    }

    /// @notice The contract itself fails when the gate is shut, and money is sent to it.
    function paid(uint256 steps) external {
        Tally tally = begin(true);
        tally.pay{value: 1 ether}(FIRST);
        count(tally, FIRST + 1, steps - 1);
        vm.stopBroadcast();
    }

    /// @notice The contract itself fails when the gate is shut, and is called all the same.
    function called(uint256 steps) external {
        Tally tally = begin(true);
        count(tally, FIRST, steps);
        vm.stopBroadcast();
    }

    /// @notice A call in the middle needs more gas than a block has.
    function large(uint256 steps) external {
        Tally tally = begin(false);
        count(tally, FIRST, steps - 1);
        tally.fill(FIRST + steps, 1_500);
        vm.stopBroadcast();
    }

    function begin(bool isGuarded) private returns (Tally) {
        vm.startBroadcast();
        return new Tally(isGuarded);
    }

    function count(Tally tally, uint256 from, uint256 steps) private {
        for (uint256 step = from; step < from + steps; step++) {
            tally.count(step);
        }
    }
}
