// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;

/// What a key may own: an owner, who may also be the Safe, and a role that pays.
contract Treasury {
    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");

    address public owner;
    address public immutable safe;
    uint256 public payments;
    mapping(bytes32 => mapping(address => bool)) public hasRole;

    constructor(address safe_) {
        owner = msg.sender;
        safe = safe_;
        hasRole[OPERATOR_ROLE][msg.sender] = true;
    }

    modifier onlyOwner() {
        require(msg.sender == owner || msg.sender == safe, "Treasury: not the owner");
        _;
    }

    function transferOwnership(address next) external onlyOwner {
        owner = next;
    }

    function grantRole(bytes32 role, address account) external onlyOwner {
        hasRole[role][account] = true;
    }

    function revokeRole(bytes32 role, address account) external onlyOwner {
        hasRole[role][account] = false;
    }

    function pay() external {
        require(hasRole[OPERATOR_ROLE][msg.sender], "Treasury: no operator");
        payments += 1;
    }
}
