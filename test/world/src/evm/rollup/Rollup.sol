// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;

/// The storage of the OP stack's L1Block since Ecotone, which op-revm reads for itself.
contract L1Block {
    uint64 public number;
    uint64 public timestamp;
    uint256 public basefee;
    bytes32 public hash;
    uint64 public sequenceNumber;
    uint32 public blobBaseFeeScalar;
    uint32 public baseFeeScalar;
    bytes32 public batcherHash;
    uint256 public l1FeeOverhead;
    uint256 public l1FeeScalar;
    uint256 public blobBaseFee;
}

/// What the OP stack charges for data since Fjord, by its specification; nothing is compressed here,
/// so that it is an upper bound of what the node charges.
contract GasPriceOracle {
    L1Block private constant BLOCK = L1Block(0x4200000000000000000000000000000000000015);

    function getL1Fee(bytes calldata data) external view returns (uint256) {
        uint256 bytesLeft = data.length + 68;
        bytesLeft += bytesLeft / 255 + 16;
        int256 size = -42_585_600 + 836_500 * int256(bytesLeft);
        if (size < 100_000_000) size = 100_000_000;
        uint256 price = uint256(BLOCK.baseFeeScalar()) * BLOCK.basefee() * 16
            + uint256(BLOCK.blobBaseFeeScalar()) * BLOCK.blobBaseFee();
        return uint256(size) * price / 1e12;
    }
}

/// What Arbitrum's nodes answer of data: its bytes at the price of the chain below, in this chain's gas.
contract NodeInterface {
    uint256 public gasPerByte;

    function gasEstimateL1Component(address, bool, bytes calldata data)
        external
        payable
        returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate)
    {
        // A tenth more than what is charged, as Nitro pads it.
        gasEstimateForL1 = uint64((data.length + 110) * gasPerByte * 11 / 10);
        return (gasEstimateForL1, 100_000_000, gasPerByte * 100_000_000 / 16);
    }
}
