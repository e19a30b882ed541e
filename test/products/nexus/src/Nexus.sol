// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BeaconProxy} from "@openzeppelin/contracts/proxy/beacon/BeaconProxy.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {
    AccessManagedUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";
import {MirrorToken} from "./MirrorToken.sol";
import {Vortex} from "./Vortex.sol";

/// @title The hub of a chain: sends assets to the hubs of other chains, and delivers what they
/// sent.
/// @notice An asset is locked on its home chain and circulates elsewhere as a mirror token.
contract Nexus is AccessManagedUpgradeable, UUPSUpgradeable {
    using SafeERC20 for IERC20;
    using Address for address payable;

    struct Asset {
        uint256 home;
        address token;
    }

    struct Transfer {
        uint256 nonce;
        uint256 origin;
        uint256 destination;
        Asset asset;
        address recipient;
        uint256 amount;
    }

    Vortex public vortex;
    address public mirrorBeacon;
    uint256 public nonce;
    mapping(uint256 chainId => address) public peerOf;
    mapping(uint256 home => mapping(address token => address)) public mirrorOf;
    mapping(address mirror => Asset) public assetOf;
    mapping(bytes32 id => bool) public delivered;

    event PeerSet(uint256 indexed chainId, address peer);
    event MirrorCreated(uint256 indexed home, address indexed token, address mirror);
    event Sent(bytes32 indexed id, Transfer transfer);
    event Delivered(bytes32 indexed id);

    error UnknownPeer(uint256 chainId, address peer);
    error UnknownAsset(uint256 home, address token);
    error MirrorExists(address mirror);
    error WrongChain(uint256 destination);
    error WrongValue(uint256 value, uint256 expected);
    error AlreadyDelivered(bytes32 id);

    constructor() {
        _disableInitializers();
    }

    function initialize(address manager, Vortex vortex_, address mirrorBeacon_) external initializer {
        __AccessManaged_init(manager);
        vortex = vortex_;
        mirrorBeacon = mirrorBeacon_;
    }

    /// @notice Sends an asset of this chain, or a mirror token, to another chain.
    function send(uint256 destination, address token, uint256 amount, address recipient)
        public
        payable
        virtual
        returns (bytes32 id)
    {
        if (peerOf[destination] == address(0)) revert UnknownPeer(destination, address(0));
        Asset memory asset = assetOf[token];
        if (asset.home == 0) asset = Asset(block.chainid, token);

        Transfer memory transfer = Transfer(nonce++, block.chainid, destination, asset, recipient, amount);
        id = keccak256(abi.encode(transfer));
        emit Sent(id, transfer);

        if (asset.home == block.chainid) _lock(token, amount);
        else _burn(token, amount);
    }

    /// @notice Delivers what `peer` sent on another chain. The messenger vouches for that, nobody
    /// else does.
    function deliver(address peer, Transfer calldata transfer) external restricted {
        if (peer == address(0) || peerOf[transfer.origin] != peer) revert UnknownPeer(transfer.origin, peer);
        if (transfer.destination != block.chainid) revert WrongChain(transfer.destination);
        bytes32 id = keccak256(abi.encode(transfer));
        if (delivered[id]) revert AlreadyDelivered(id);
        delivered[id] = true;
        emit Delivered(id);

        Asset calldata asset = transfer.asset;
        if (asset.home == block.chainid) return vortex.release(asset.token, transfer.recipient, transfer.amount);
        address mirror = mirrorOf[asset.home][asset.token];
        if (mirror == address(0)) revert UnknownAsset(asset.home, asset.token);
        MirrorToken(mirror).crosschainMint(transfer.recipient, transfer.amount);
    }

    function setPeer(uint256 chainId, address peer) external restricted {
        peerOf[chainId] = peer;
        emit PeerSet(chainId, peer);
    }

    function createMirror(Asset calldata asset, string calldata name, string calldata symbol, uint8 decimals)
        external
        restricted
        returns (address mirror)
    {
        address known = mirrorOf[asset.home][asset.token];
        if (known != address(0)) revert MirrorExists(known);
        bytes memory call = abi.encodeCall(MirrorToken.initialize, (name, symbol, decimals));
        mirror = address(new BeaconProxy{salt: keccak256(abi.encode(asset))}(mirrorBeacon, call));
        mirrorOf[asset.home][asset.token] = mirror;
        assetOf[mirror] = asset;
        emit MirrorCreated(asset.home, asset.token, mirror);
    }

    function _lock(address token, uint256 amount) private {
        if (vortex.limitOf(token) == 0) revert UnknownAsset(block.chainid, token);
        bool native = token == vortex.NATIVE();
        _expectValue(native ? amount : 0);
        if (native) payable(vortex).sendValue(amount);
        else IERC20(token).safeTransferFrom(msg.sender, address(vortex), amount);
    }

    function _burn(address mirror, uint256 amount) private {
        _expectValue(0);
        MirrorToken(mirror).crosschainBurn(msg.sender, amount);
    }

    function _expectValue(uint256 expected) private view {
        if (msg.value != expected) revert WrongValue(msg.value, expected);
    }

    function _authorizeUpgrade(address) internal override restricted {}
}
