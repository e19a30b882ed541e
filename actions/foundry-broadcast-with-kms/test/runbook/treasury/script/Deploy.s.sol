// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;

import {Script} from "forge-std/Script.sol";
import {Treasury} from "../src/Treasury.sol";

contract Deploy is Script {
    function run(address safe) external {
        vm.startBroadcast();
        new Treasury(safe);
        vm.stopBroadcast();
    }
}
