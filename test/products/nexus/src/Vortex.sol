// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {
    AccessManagedUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";
import {RateLimit} from "./RateLimit.sol";

/// @title The reserve of a chain. What leaves the chain as a mirror token stays here until it
/// returns.
/// @notice Only the Nexus pays out, and no more of an asset within a day than its limit.
contract Vortex is AccessManagedUpgradeable {
    using SafeERC20 for IERC20;
    using Address for address payable;
    using RateLimit for RateLimit.Bucket;

    /// @notice Stands for the chain's own coin where an asset's address is expected.
    address public constant NATIVE = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    mapping(address asset => RateLimit.Bucket) private _outflow;

    event Funded(address indexed from, uint256 amount);
    event Released(address indexed asset, address indexed to, uint256 amount);
    event LimitSet(address indexed asset, uint128 capacity);

    constructor() {
        _disableInitializers();
    }

    function initialize(address manager) external initializer {
        __AccessManaged_init(manager);
    }

    receive() external payable {
        emit Funded(msg.sender, msg.value);
    }

    function release(address asset, address to, uint256 amount) public virtual restricted {
        _outflow[asset].take(amount);
        if (asset == NATIVE) payable(to).sendValue(amount);
        else IERC20(asset).safeTransfer(to, amount);
        emit Released(asset, to, amount);
    }

    /// @notice How much of an asset may leave within a day. An asset without a limit is not
    /// accepted at all.
    function setLimit(address asset, uint128 capacity) external restricted {
        _outflow[asset].resize(capacity);
        emit LimitSet(asset, capacity);
    }

    function limitOf(address asset) external view returns (uint256) {
        return _outflow[asset].capacity;
    }

    function available(address asset) external view returns (uint256) {
        return _outflow[asset].available();
    }
}
