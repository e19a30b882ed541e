// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Nexus} from "../src/Nexus.sol";
import {Release} from "./lib/Release.sol";
import {IUniswapV2Factory} from "./lib/IUniswapV2Factory.sol";

/// @title Mirror tokens of the other chains' coins, and a pool in which they trade. Run on alpha.
contract Liquidity is Release {
    address private constant NATIVE = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;

    function run() external broadcast {
        Nexus nexus = Nexus(deployed("nexus"));
        address ofBeta = nexus.createMirror(Nexus.Asset(43113, NATIVE), "Ether of Beta", "ETH.beta", 18);
        address ofGamma = nexus.createMirror(Nexus.Asset(5, NATIVE), "Ether of Gamma", "ETH.gamma", 18);

        address factory = deployFactory(msg.sender);
        address pool = IUniswapV2Factory(factory).createPair(ofBeta, ofGamma);

        vm.serializeJson("chain", vm.readFile(file()));
        vm.serializeAddress("chain", "mirrorOfBeta", ofBeta);
        vm.serializeAddress("chain", "mirrorOfGamma", ofGamma);
        vm.serializeAddress("chain", "poolFactory", factory);
        vm.writeJson(vm.serializeAddress("chain", "pool", pool), file());
    }

    /// @dev Solidity 0.5.16 cannot be imported here, so its code comes from the artifacts.
    function deployFactory(address feeToSetter) private returns (address factory) {
        bytes memory code = vm.getCode("UniswapV2Factory.sol:UniswapV2Factory");
        code = bytes.concat(code, abi.encode(feeToSetter));
        assembly ("memory-safe") {
            factory := create(0, add(code, 0x20), mload(code))
        }
        require(factory != address(0), "the factory of pools was not deployed");
    }
}
