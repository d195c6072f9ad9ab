// Kademlia and GossipSub as the network of the node under test has them, and the commands about them.
import { createHash } from 'node:crypto'
import { gossipsub } from '@libp2p/gossipsub'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { CID } from 'multiformats/cid'

const KAD_PROTOCOL = process.env.KAD_PROTOCOL ?? '/guts/kad/1.0.0'
const LOOKUP_MILLISECONDS = 20_000

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

export const services = () => ({
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
})

export function serveTopics (node, say) {
  node.services.pubsub.addEventListener('message', ({ detail }) => {
    say({
      event: 'message',
      topic: detail.topic,
      from: detail.from?.toString(),
      text: Buffer.from(detail.data).toString('utf8')
    })
  })
}

export const serviceCommands = {
  async provide ({ node }, { cid }) {
    let told = 0
    for await (const event of node.services.dht.provide(CID.parse(cid), { signal: AbortSignal.timeout(LOOKUP_MILLISECONDS) })) {
      if (event.name === 'PEER_RESPONSE' && event.messageName === 'ADD_PROVIDER') told++
    }
    return { told }
  },
  async 'find-providers' ({ node }, { cid }) {
    const found = new Map()
    for await (const event of node.services.dht.findProviders(CID.parse(cid), { signal: AbortSignal.timeout(LOOKUP_MILLISECONDS) })) {
      if (event.name !== 'PROVIDER') continue
      for (const provider of event.providers) found.set(provider.id.toString(), provider.multiaddrs.map(String))
    }
    return { providers: Object.fromEntries(found) }
  },
  async 'dht-peers' ({ node }) {
    return { peers: node.services.dht.routingTable.size }
  },
  async subscribe ({ node }, { topic }) {
    node.services.pubsub.subscribe(topic)
    return {}
  },
  async subscribers ({ node }, { topic }) {
    return { peers: node.services.pubsub.getSubscribers(topic).map(String) }
  },
  async publish ({ node }, { topic, text }) {
    const { recipients } = await node.services.pubsub.publish(topic, Buffer.from(text, 'utf8'))
    return { recipients: recipients.map(String) }
  }
}
