// Hosts, and the commands about connections.
import { once } from 'node:events'
import { noise } from '@chainsafe/libp2p-noise'
import { quic } from '@chainsafe/libp2p-quic'
import { yamux } from '@chainsafe/libp2p-yamux'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify, identifyPush } from '@libp2p/identify'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { services, serveTopics } from './services.js'
import { serve } from './streams.js'

// Nothing that a test waits for takes longer on a busy machine.
export const TIMEOUT_MILLISECONDS = 60_000

const KEYS = { ed25519: 'Ed25519', secp256k1: 'secp256k1', ecdsa: 'ECDSA', rsa: 'RSA' }
const SECURITY = { noise, tls }

export async function createHost (command, say) {
  const overQuic = command.transport === 'quic'
  const node = await createLibp2p({
    privateKey: await generateKeyPair(KEYS[command.key ?? 'ed25519']),
    addresses: { listen: [overQuic ? '/ip4/127.0.0.1/udp/0/quic-v1' : '/ip4/127.0.0.1/tcp/0'] },
    transports: [overQuic ? quic() : tcp()],
    connectionEncrypters: overQuic ? [] : [SECURITY[command.security ?? 'noise']()],
    // Its window doubles whether or not anybody reads, past what its streams may hold by default; they would be reset then.
    streamMuxers: [yamux({ streamOptions: { maxReadBufferLength: 32 * 1024 * 1024 } })],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: { inboundConnectionThreshold: 10_000, maxConnections: 10_000, maxIncomingPendingConnections: 1000 },
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      // Pings in a row: each is a stream, and the last one may not be over yet.
      ping: ping({ maxOutboundStreams: 100, maxInboundStreams: 100 }),
      ...(command.services === true ? services() : {})
    }
  })
  const host = { node, identifications: new Map(), outcomes: [], floods: new Map(), release: () => {} }
  host.released = new Promise((resolve) => { host.release = resolve })
  // A connection asks for identify by itself, and js-libp2p allows one such stream at a time: to ask again while the first
  // is under way would be refused, so what the first one brings is waited for.
  node.addEventListener('peer:identify', ({ detail }) => host.identifications.set(detail.peerId.toString(), detail))
  if (command.services === true) serveTopics(node, say)
  await serve(host)
  return host
}

async function identified ({ node, identifications }, peer) {
  const deadline = Date.now() + TIMEOUT_MILLISECONDS
  while (!identifications.has(peer)) {
    const left = deadline - Date.now()
    if (left <= 0) throw new Error(`identify of ${peer}: nothing within ${TIMEOUT_MILLISECONDS} ms`)
    await once(node, 'peer:identify', { signal: AbortSignal.timeout(left) })
  }
  return identifications.get(peer)
}

export const hostCommands = {
  async dial ({ node }, { address }) {
    const connection = await node.dial(multiaddr(address), { signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) })
    return { peer: connection.remotePeer.toString(), address: connection.remoteAddr.toString() }
  },
  async disconnect ({ node, identifications }, { peer }) {
    await node.hangUp(peerIdFromString(peer))
    identifications.delete(peer)
    return {}
  },
  async connections ({ node }) {
    return {
      connections: node.getConnections().map((c) => ({
        peer: c.remotePeer.toString(),
        direction: c.direction,
        encryption: c.encryption,
        multiplexer: c.multiplexer,
        key: c.remotePeer.type
      }))
    }
  },
  async ping ({ node }, { peer, count = 1 }) {
    const seconds = []
    while (seconds.length < count) {
      const start = performance.now()
      await node.services.ping.ping(peerIdFromString(peer))
      seconds.push((performance.now() - start) / 1000)
    }
    return { seconds }
  },
  // Measures from the dial to the first answered ping, each time on a new connection.
  async 'dial-ping' ({ node }, { address, count = 1 }) {
    const target = multiaddr(address)
    const peer = peerIdFromString(address.split('/p2p/')[1])
    const seconds = []
    while (seconds.length < count) {
      await node.hangUp(peer)
      const start = performance.now()
      await node.dial(target)
      await node.services.ping.ping(peer)
      seconds.push((performance.now() - start) / 1000)
    }
    return { seconds }
  },
  async identify (host, { peer }) {
    const result = await identified(host, peer)
    return {
      peer: result.peerId.toString(),
      agent: result.agentVersion,
      protocols: result.protocols,
      addresses: result.listenAddrs.map(String),
      observed: result.observedAddr?.toString(),
      signed: result.signedPeerRecord != null
    }
  }
}
