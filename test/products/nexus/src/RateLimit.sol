// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title A bucket that empties by what is taken and fills again, evenly, within a day.
/// @dev Its functions are public: the library is deployed once a chain, and reserves are linked to
/// it.
library RateLimit {
    struct Bucket {
        uint128 capacity;
        uint128 level;
        uint256 updatedAt;
    }

    uint256 private constant REFILL_TIME = 1 days;

    error RateLimitExceeded(uint256 wanted, uint256 available);

    function available(Bucket storage bucket) public view returns (uint256) {
        uint256 refill = uint256(bucket.capacity) * (block.timestamp - bucket.updatedAt) / REFILL_TIME;
        return Math.min(bucket.capacity, bucket.level + refill);
    }

    function take(Bucket storage bucket, uint256 amount) public {
        uint256 left = available(bucket);
        if (amount > left) revert RateLimitExceeded(amount, left);
        bucket.level = uint128(left - amount);
        bucket.updatedAt = block.timestamp;
    }

    /// @dev A new bucket starts full; one that changes its size keeps its level.
    function resize(Bucket storage bucket, uint128 capacity) public {
        uint256 level = bucket.updatedAt == 0 ? capacity : Math.min(available(bucket), capacity);
        bucket.capacity = capacity;
        bucket.level = uint128(level);
        bucket.updatedAt = block.timestamp;
    }
}
