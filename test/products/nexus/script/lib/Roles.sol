// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @dev The roles of each chain's AccessManager. Its role 0 may do everything, and ends up with the
/// Safe.
library Roles {
    uint64 internal constant RELEASER = 1;
    uint64 internal constant MESSENGER = 2;
    uint64 internal constant NEXUS = 3;
}
