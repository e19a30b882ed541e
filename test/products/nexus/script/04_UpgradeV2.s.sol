// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ITransparentUpgradeableProxy, ProxyAdmin} from "@openzeppelin/contracts/proxy/transparent/ProxyAdmin.sol";
import {Nexus} from "../src/Nexus.sol";
import {NexusV2} from "../src/v2/NexusV2.sol";
import {VortexV2} from "../src/v2/VortexV2.sol";
import {Release} from "./lib/Release.sol";

/// @title The second version. Run once for each chain, with its `--rpc-url`.
contract UpgradeV2 is Release {
    uint256 private constant FLOOR = 0.1 ether;

    function run() external broadcast {
        Deployment memory at = deployment();

        NexusV2 hub = new NexusV2();
        Nexus(at.nexus).upgradeToAndCall(address(hub), "");

        // The proxy's admin obeys the manager, and the manager whoever may release.
        VortexV2 reserve = new VortexV2();
        ITransparentUpgradeableProxy vortex = ITransparentUpgradeableProxy(at.vortex);
        bytes memory init = abi.encodeCall(VortexV2.initializeV2, (FLOOR));
        bytes memory upgrade = abi.encodeCall(ProxyAdmin.upgradeAndCall, (vortex, address(reserve), init));
        AccessManager(at.manager).execute(at.vortexAdmin, upgrade);

        vm.serializeJson("chain", vm.readFile(file()));
        vm.writeJson(vm.serializeUint("chain", "version", 2), file());
    }
}
