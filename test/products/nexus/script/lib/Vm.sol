// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @dev The part of Foundry's cheatcodes that these scripts use.
interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
    function createSelectFork(string calldata urlOrAlias) external returns (uint256 forkId);
    function selectFork(uint256 forkId) external;
    function getCode(string calldata artifact) external view returns (bytes memory creationCode);
    function load(address target, bytes32 slot) external view returns (bytes32 data);
    function readFile(string calldata path) external view returns (string memory data);
    function writeJson(string calldata json, string calldata path) external;
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256);
    function serializeJson(string calldata object, string calldata value) external returns (string memory json);
    function serializeAddress(string calldata object, string calldata key, address value)
        external
        returns (string memory json);
    function serializeUint(string calldata object, string calldata key, uint256 value)
        external
        returns (string memory json);
}
