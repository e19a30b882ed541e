// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IUniswapV2Factory {
    function createPair(address tokenA, address tokenB) external returns (address pair);
    function setFeeToSetter(address feeToSetter) external;
}
