// A scriptable js-libp2p peer for the interoperability tests. Reads one JSON command a line on stdin and writes one JSON
// event a line on stdout; every answer carries the command's id. Listens on loopback only.
//
//   {"id":1,"do":"dial","address":"/ip4/127.0.0.1/tcp/…/p2p/…"}      -> {"id":1,"event":"ok","peer":…}
//   {"id":2,"do":"ping","peer":…}                                    -> {"id":2,"event":"ok","milliseconds":…}
//   {"id":3,"do":"identify","peer":…}                                -> {"id":3,"event":"ok","agent":…,"protocols":[…],"addresses":[…]}
//   {"id":4,"do":"provide","cid":…} · {"id":5,"do":"find-providers","cid":…}
//   {"id":6,"do":"subscribe","topic":…} · {"id":7,"do":"publish","topic":…,"text":…} · {"id":8,"do":"subscribers","topic":…}
//   {"id":9,"do":"connections"} · {"id":10,"do":"stop"}
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub } from '@libp2p/gossipsub'
import { identify, identifyPush } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { CID } from 'multiformats/cid'

const KAD_PROTOCOL = process.env.KAD_PROTOCOL ?? '/guts/kad/1.0.0'
const LOOKUP_MILLISECONDS = 20_000
const IDENTIFY_MILLISECONDS = 20_000

const say = (event) => process.stdout.write(JSON.stringify(event) + '\n')

// SHA-256(uvarint(length of topic) || topic || data): the network's message id.
function messageId (message) {
  const topic = Buffer.from(message.topic, 'utf8')
  const length = []
  for (let rest = topic.length; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest)
    if (rest <= 0x7f) break
  }
  return createHash('sha256').update(Buffer.from(length)).update(topic).update(message.data).digest()
}

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionGater: { denyDialMultiaddr: () => false },
  connectionManager: { inboundConnectionThreshold: 1000 },
  services: {
    identify: identify(),
    identifyPush: identifyPush(),
    ping: ping(),
    dht: kadDHT({
      protocol: KAD_PROTOCOL,
      clientMode: false,
      peerInfoMapper: passthroughMapper,
      allowQueryWithZeroPeers: true
    }),
    pubsub: gossipsub({
      globalSignaturePolicy: 'StrictSign',
      msgIdFn: messageId,
      allowPublishToZeroTopicPeers: true,
      emitSelf: false
    })
  }
})

// A connection asks for identify by itself, and js-libp2p allows one such stream at a time: to ask again while the first is
// under way would be refused, so what the first one brings is waited for.
const identifications = new Map()
node.addEventListener('peer:identify', ({ detail }) => identifications.set(detail.peerId.toString(), detail))

async function identified (peer) {
  const deadline = Date.now() + IDENTIFY_MILLISECONDS
  while (!identifications.has(peer)) {
    const left = deadline - Date.now()
    if (left <= 0) throw new Error(`identify of ${peer}: nothing within ${IDENTIFY_MILLISECONDS} ms`)
    await once(node, 'peer:identify', { signal: AbortSignal.timeout(left) })
  }
  return identifications.get(peer)
}

node.services.pubsub.addEventListener('message', ({ detail }) => {
  say({
    event: 'message',
    topic: detail.topic,
    from: detail.from?.toString(),
    text: Buffer.from(detail.data).toString('utf8')
  })
})

const commands = {
  async dial ({ address }) {
    const connection = await node.dial(multiaddr(address))
    return { peer: connection.remotePeer.toString(), address: connection.remoteAddr.toString() }
  },
  async ping ({ peer }) {
    return { milliseconds: await node.services.ping.ping(peerIdFromString(peer)) }
  },
  async identify ({ peer }) {
    const result = await identified(peer)
    return {
      peer: result.peerId.toString(),
      agent: result.agentVersion,
      protocols: result.protocols,
      addresses: result.listenAddrs.map(String),
      observed: result.observedAddr?.toString(),
      signed: result.signedPeerRecord != null
    }
  },
  async provide ({ cid }) {
    let told = 0
    for await (const event of node.services.dht.provide(CID.parse(cid), { signal: AbortSignal.timeout(LOOKUP_MILLISECONDS) })) {
      if (event.name === 'PEER_RESPONSE' && event.messageName === 'ADD_PROVIDER') told++
    }
    return { told }
  },
  async 'find-providers' ({ cid }) {
    const found = new Map()
    for await (const event of node.services.dht.findProviders(CID.parse(cid), { signal: AbortSignal.timeout(LOOKUP_MILLISECONDS) })) {
      if (event.name !== 'PROVIDER') continue
      for (const provider of event.providers) found.set(provider.id.toString(), provider.multiaddrs.map(String))
    }
    return { providers: Object.fromEntries(found) }
  },
  async 'dht-peers' () {
    return { peers: node.services.dht.routingTable.size }
  },
  async subscribe ({ topic }) {
    node.services.pubsub.subscribe(topic)
    return {}
  },
  async subscribers ({ topic }) {
    return { peers: node.services.pubsub.getSubscribers(topic).map(String) }
  },
  async publish ({ topic, text }) {
    const { recipients } = await node.services.pubsub.publish(topic, Buffer.from(text, 'utf8'))
    return { recipients: recipients.map(String) }
  },
  async connections () {
    return {
      connections: node.getConnections().map((c) => ({
        peer: c.remotePeer.toString(), direction: c.direction, encryption: c.encryption, multiplexer: c.multiplexer
      }))
    }
  }
}

say({
  event: 'ready',
  peer: node.peerId.toString(),
  addresses: node.getMultiaddrs().map(String)
})

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  if (command.do === 'stop') break
  // Commands run side by side: a look-up does not hold up a ping.
  Promise.resolve()
    .then(() => commands[command.do](command))
    .then((answer) => say({ id: command.id, event: 'ok', ...answer }))
    .catch((error) => say({ id: command.id, event: 'failed', message: `${error.name}: ${error.message}` }))
}
await node.stop()
process.exit(0)
