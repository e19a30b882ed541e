// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity =0.5.16;

// Mirror tokens trade in pools of Uniswap v2. Its sources want a compiler of their own, and scripts
// take the factory's code from the artifacts.
import {UniswapV2Factory} from "@uniswap/v2-core/contracts/UniswapV2Factory.sol";
