// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;

interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

abstract contract Script {
    bool public IS_SCRIPT = true;
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
}
