// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {
    ERC20BridgeableUpgradeable
} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/draft-ERC20BridgeableUpgradeable.sol";

/// @title An asset of another chain, minted and burned by the Nexus that made it.
contract MirrorToken is ERC20BridgeableUpgradeable {
    address public nexus;
    uint8 private _decimals;

    error NotTheNexus(address caller);

    constructor() {
        _disableInitializers();
    }

    function initialize(string calldata name, string calldata symbol, uint8 decimals_) external initializer {
        __ERC20_init(name, symbol);
        nexus = msg.sender;
        _decimals = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function _checkTokenBridge(address caller) internal view override {
        if (caller != nexus) revert NotTheNexus(caller);
    }
}
