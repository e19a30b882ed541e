// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Vm} from "./Vm.sol";

/// @title What the scripts of a release have in common: the chains, and the file of addresses that
/// each has.
abstract contract Release {
    struct Deployment {
        uint256 chainId;
        address manager;
        address mirrorBeacon;
        address vortex;
        address vortexAdmin;
        address nexus;
    }

    bool public constant IS_SCRIPT = true;
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev ERC-1967: where a proxy keeps its admin.
    bytes32 private constant ADMIN_SLOT = bytes32(uint256(keccak256("eip1967.proxy.admin")) - 1);

    error UnknownChain(uint256 chainId);

    /// @dev The sender comes from outside: no script knows a key.
    modifier broadcast() {
        vm.startBroadcast();
        _;
        vm.stopBroadcast();
    }

    function chainName() internal view returns (string memory) {
        if (block.chainid == 10012) return "alpha";
        if (block.chainid == 43113) return "beta";
        if (block.chainid == 5) return "gamma";
        revert UnknownChain(block.chainid);
    }

    /// @dev The file of the selected chain.
    function file() internal view returns (string memory) {
        return string.concat("deployments/", chainName(), ".json");
    }

    /// @dev What an earlier script deployed on the selected chain.
    function deployed(string memory name) internal view returns (address) {
        return vm.parseJsonAddress(vm.readFile(file()), string.concat(".", name));
    }

    function deployment() internal view returns (Deployment memory) {
        address vortex = deployed("vortex");
        return Deployment({
            chainId: block.chainid,
            manager: deployed("manager"),
            mirrorBeacon: deployed("mirrorBeacon"),
            vortex: vortex,
            vortexAdmin: address(uint160(uint256(vm.load(vortex, ADMIN_SLOT)))),
            nexus: deployed("nexus")
        });
    }

    /// @dev What config.json says of the selected chain.
    function settingUint(string memory name) internal view returns (uint256) {
        return vm.parseJsonUint(vm.readFile("config.json"), settingKey(name));
    }

    function settingAddress(string memory name) internal view returns (address) {
        return vm.parseJsonAddress(vm.readFile("config.json"), settingKey(name));
    }

    function settingKey(string memory name) private view returns (string memory) {
        return string.concat(".", chainName(), ".", name);
    }
}
