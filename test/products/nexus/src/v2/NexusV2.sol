// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Nexus} from "../Nexus.sol";

/// @title The hub with doors: sending to a chain can be closed, what is under way still arrives.
contract NexusV2 is Nexus {
    mapping(uint256 chainId => bool) public closed;

    event RouteChanged(uint256 indexed chainId, bool closed);

    error RouteClosed(uint256 chainId);

    function version() external pure returns (uint256) {
        return 2;
    }

    function setRoute(uint256 chainId, bool closed_) external restricted {
        closed[chainId] = closed_;
        emit RouteChanged(chainId, closed_);
    }

    function send(uint256 destination, address token, uint256 amount, address recipient)
        public
        payable
        override
        returns (bytes32)
    {
        if (closed[destination]) revert RouteClosed(destination);
        return super.send(destination, token, amount, recipient);
    }
}
