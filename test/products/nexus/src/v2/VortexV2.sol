// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Vortex} from "../Vortex.sol";

/// @title The reserve with a floor: a part of the chain's own coin that no release touches.
contract VortexV2 is Vortex {
    /// @notice In wei.
    uint256 public floor;

    error BelowFloor(uint256 left, uint256 floor);

    /// @dev Called by the upgrade itself: whoever came later would find it done.
    function initializeV2(uint256 floor_) external reinitializer(2) {
        floor = floor_;
    }

    function release(address asset, address to, uint256 amount) public override {
        super.release(asset, to, amount);
        if (asset == NATIVE && address(this).balance < floor) revert BelowFloor(address(this).balance, floor);
    }
}
