// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {UpgradeableBeacon} from "@openzeppelin/contracts/proxy/beacon/UpgradeableBeacon.sol";
import {ProxyAdmin} from "@openzeppelin/contracts/proxy/transparent/ProxyAdmin.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Nexus} from "../src/Nexus.sol";
import {Vortex} from "../src/Vortex.sol";
import {IUniswapV2Factory} from "./lib/IUniswapV2Factory.sol";
import {Release} from "./lib/Release.sol";
import {Roles} from "./lib/Roles.sol";

/// @title Makes one protocol of three chains and hands it over to the Safe. Run once, for all
/// chains.
contract Configure is Release {
    using Address for address payable;

    /// @dev The first is the hub: the others know only it.
    string[3] private chains = ["alpha", "beta", "gamma"];
    uint256[3] private forks;
    Deployment[3] private deployments;

    modifier on(uint256 chain) {
        vm.selectFork(forks[chain]);
        vm.startBroadcast();
        _;
        vm.stopBroadcast();
    }

    function run(address safe) external {
        for (uint256 i = 0; i < chains.length; i++) {
            forks[i] = vm.createSelectFork(chains[i]);
            deployments[i] = deployment();
        }
        for (uint256 i = 1; i < chains.length; i++) {
            introduce(0, i);
            introduce(i, 0);
        }
        for (uint256 i = 0; i < chains.length; i++) {
            openReserve(i);
        }
        for (uint256 i = 0; i < chains.length; i++) {
            grantRoles(i);
        }
        handOverPools(0, safe);
        for (uint256 i = 0; i < chains.length; i++) {
            handOver(i, safe);
        }
    }

    function introduce(uint256 chain, uint256 peer) private on(chain) {
        Nexus(deployments[chain].nexus).setPeer(deployments[peer].chainId, deployments[peer].nexus);
    }

    function openReserve(uint256 chain) private on(chain) {
        Vortex vortex = Vortex(payable(deployments[chain].vortex));
        vortex.setLimit(vortex.NATIVE(), uint128(settingUint("dailyOutflow")));
        payable(address(vortex)).sendValue(settingUint("funding"));
    }

    function grantRoles(uint256 chain) private on(chain) {
        Deployment memory at = deployments[chain];
        AccessManager manager = AccessManager(at.manager);

        bytes[] memory permissions = new bytes[](5);
        permissions[0] = permit(at.nexus, Nexus.deliver.selector, Roles.MESSENGER);
        permissions[1] = permit(at.vortex, Vortex.release.selector, Roles.NEXUS);
        permissions[2] = permit(at.nexus, UUPSUpgradeable.upgradeToAndCall.selector, Roles.RELEASER);
        permissions[3] = permit(at.vortexAdmin, ProxyAdmin.upgradeAndCall.selector, Roles.RELEASER);
        permissions[4] = permit(at.mirrorBeacon, UpgradeableBeacon.upgradeTo.selector, Roles.RELEASER);
        manager.multicall(permissions);

        manager.grantRole(Roles.MESSENGER, settingAddress("messenger"), 0);
        manager.grantRole(Roles.NEXUS, at.nexus, 0);
        manager.grantRole(Roles.RELEASER, msg.sender, 0);
    }

    function permit(address target, bytes4 selector, uint64 role) private pure returns (bytes memory) {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        return abi.encodeCall(AccessManager.setTargetFunctionRole, (target, selectors, role));
    }

    function handOverPools(uint256 chain, address safe) private on(chain) {
        IUniswapV2Factory(deployed("poolFactory")).setFeeToSetter(safe);
    }

    /// @dev Whoever deployed may go on to release new versions, until the Safe takes that away.
    function handOver(uint256 chain, address safe) private on(chain) {
        AccessManager manager = AccessManager(deployments[chain].manager);
        uint64 admin = manager.ADMIN_ROLE();
        manager.grantRole(admin, safe, 0);
        manager.renounceRole(admin, msg.sender);
    }
}
