// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {MirrorToken} from "../src/MirrorToken.sol";
import {Nexus} from "../src/Nexus.sol";
import {Vortex} from "../src/Vortex.sol";
import {Release} from "./lib/Release.sol";

/// @title The contracts that every chain has. Run once for each, with its `--rpc-url`.
contract Core is Release {
    /// @dev The mirrors' code has one address on all chains.
    bytes32 private constant SALT = "nexus.mirror.v1";

    function run() external broadcast {
        AccessManager manager = new AccessManager(msg.sender);

        MirrorToken mirror = new MirrorToken{salt: SALT}();
        UpgradeableBeacon beacon = new UpgradeableBeacon(address(mirror), address(manager));

        Vortex reserve = new Vortex();
        bytes memory initReserve = abi.encodeCall(Vortex.initialize, (address(manager)));
        Vortex vortex =
            Vortex(payable(new TransparentUpgradeableProxy(address(reserve), address(manager), initReserve)));

        Nexus hub = new Nexus();
        bytes memory initHub = abi.encodeCall(Nexus.initialize, (address(manager), vortex, address(beacon)));
        ERC1967Proxy nexus = new ERC1967Proxy(address(hub), initHub);

        vm.serializeUint("chain", "chainId", block.chainid);
        vm.serializeAddress("chain", "manager", address(manager));
        vm.serializeAddress("chain", "mirrorToken", address(mirror));
        vm.serializeAddress("chain", "mirrorBeacon", address(beacon));
        vm.serializeAddress("chain", "vortex", address(vortex));
        vm.writeJson(vm.serializeAddress("chain", "nexus", address(nexus)), file());
    }
}
