// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;

import {Script} from "forge-std/Script.sol";
import {Treasury} from "../src/Treasury.sol";

contract Pay is Script {
    function run(Treasury treasury, uint256 times) external {
        vm.startBroadcast();
        for (uint256 i = 0; i < times; i++) treasury.pay();
        vm.stopBroadcast();
    }
}
