// The test protocols, both ends. What each end does is in integration-tests/README.md.
import { createHash } from 'node:crypto'
import { peerIdFromString } from '@libp2p/peer-id'
import { TIMEOUT_MILLISECONDS } from './host.js'

const ECHO = '/test/echo/1'
const SINK = '/test/sink/1'
const SOURCE = '/test/source/1'
const HALF = '/test/half/1'
const RESET = '/test/reset/1'
const OBSERVE = '/test/observe/1'
const SLOW = '/test/slow/1'
const PERF = '/perf/1.0.0'

const CHUNK = 128 * 1024
// A reader that has so much in hand says so to its stream.
const READ_AHEAD = 256 * 1024
// A writer that waits for so long is held up by the other side's window.
const HELD_UP_MILLISECONDS = 1000
const STREAMS = { maxInboundStreams: 1000, maxOutboundStreams: 1000 }

const zeros = new Uint8Array(CHUNK)
// The bytes of a transfer: the n-th is n mod 251, so that a lost or repeated frame shows.
const pattern = Uint8Array.from({ length: 251 * 512 }, (_, n) => n % 251)

// Reads a stream at the pace of its caller: what is not asked for is not taken from the other side.
class Reader {
  #stream
  #chunks = []
  #buffered = 0
  #waiting = () => {}

  constructor (stream) {
    this.#stream = stream
    stream.addEventListener('message', ({ data }) => {
      this.#chunks.push(data.subarray())
      this.#buffered += data.byteLength
      if (this.#buffered > READ_AHEAD && stream.readStatus === 'readable') stream.pause()
      this.#waiting()
    })
    for (const event of ['remoteCloseWrite', 'end', 'close']) stream.addEventListener(event, () => this.#waiting())
  }

  // js-libp2p's own "end" event does not come where the other side's end arrived while the protocol was negotiated.
  get #ended () {
    return this.#stream.remoteWriteStatus === 'closed' && this.#stream.readBufferLength === 0
  }

  // The next bytes; null at a clean end. Throws if the stream was reset.
  async next () {
    while (this.#chunks.length === 0) {
      const { status } = this.#stream
      if (status === 'reset') throw new Error('reset')
      if (status === 'aborted') throw new Error('aborted')
      if (this.#ended) return null
      await new Promise((resolve) => { this.#waiting = resolve })
    }
    const chunk = this.#chunks.shift()
    this.#buffered -= chunk.byteLength
    if (this.#buffered <= READ_AHEAD && this.#stream.readStatus === 'paused') this.#stream.resume()
    return chunk
  }

  // Exactly so many bytes.
  async exactly (count) {
    const parts = []
    for (let missing = count; missing > 0;) {
      const chunk = await this.next()
      if (chunk == null) throw new Error(`ended ${missing} bytes too early`)
      parts.push(chunk.subarray(0, missing))
      if (chunk.byteLength > missing) {
        this.#chunks.unshift(chunk.subarray(missing))
        this.#buffered += chunk.byteLength - missing
      }
      missing -= Math.min(missing, chunk.byteLength)
    }
    return Buffer.concat(parts)
  }

  async all () {
    const parts = []
    for (let chunk = await this.next(); chunk != null; chunk = await this.next()) parts.push(chunk)
    return Buffer.concat(parts)
  }

  async discard () {
    let count = 0
    for (let chunk = await this.next(); chunk != null; chunk = await this.next()) count += chunk.byteLength
    return count
  }

  async digest () {
    const sum = createHash('sha256')
    let count = 0
    for (let chunk = await this.next(); chunk != null; chunk = await this.next()) {
      sum.update(chunk)
      count += chunk.byteLength
    }
    return { count, sum: sum.digest() }
  }
}

async function write (stream, bytes) {
  if (!stream.send(bytes)) await stream.onDrain()
}

async function writeMany (stream, block, count) {
  for (let left = count; left > 0; left -= Math.min(left, block.byteLength)) {
    await write(stream, block.subarray(0, Math.min(left, block.byteLength)))
  }
}

function bigEndian (count) {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(count))
  return bytes
}

async function outcome (reader) {
  try {
    return await reader.next() == null ? 'end' : 'data'
  } catch (error) {
    return error.message
  }
}

const handlers = (host) => ({
  async [ECHO] (stream, reader) {
    for (let chunk = await reader.next(); chunk != null; chunk = await reader.next()) await write(stream, chunk)
  },
  async [SINK] (stream, reader) {
    await write(stream, (await reader.digest()).sum)
  },
  async [SOURCE] (stream, reader) {
    await writeMany(stream, pattern, Number((await reader.exactly(8)).readBigUInt64BE()))
  },
  async [HALF] (stream, reader) {
    await write(stream, Buffer.concat([Buffer.from('answer to '), await reader.all()]))
  },
  async [RESET] (stream, reader) {
    await reader.exactly(1)
    throw new Error('as the protocol says')
  },
  async [OBSERVE] (stream, reader) {
    await write(stream, await reader.exactly(1))
    host.outcomes.push(await outcome(reader))
  },
  async [SLOW] (stream) {
    stream.pause()
    await host.released
    const reader = new Reader(stream)
    stream.resume()
    await write(stream, (await reader.digest()).sum)
  },
  async [PERF] (stream, reader) {
    const count = Number((await reader.exactly(8)).readBigUInt64BE())
    await reader.discard()
    await writeMany(stream, zeros, count)
  }
})

export async function serve (host) {
  for (const [protocol, handle] of Object.entries(handlers(host))) {
    await host.node.handle(protocol, async (stream) => {
      try {
        await handle(stream, protocol === SLOW ? undefined : new Reader(stream))
        await stream.close()
      } catch (error) {
        stream.abort(error)
      }
    }, STREAMS)
  }
}

async function using ({ node }, peer, protocol, work) {
  const signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS)
  const stream = await node.getConnections(peerIdFromString(peer))[0].newStream(protocol, { ...STREAMS, signal })
  try {
    return await work(stream, new Reader(stream))
  } finally {
    if (stream.status === 'open') stream.abort(new Error('done'))
  }
}

export const streamCommands = {
  async upload (host, { peer, bytes }) {
    return await using(host, peer, SINK, async (stream, reader) => {
      await writeMany(stream, pattern, bytes)
      await stream.close()
      return { received: (await reader.all()).toString('hex') }
    })
  },
  async download (host, { peer, bytes }) {
    return await using(host, peer, SOURCE, async (stream, reader) => {
      await write(stream, bigEndian(bytes))
      const { count, sum } = await reader.digest()
      return { bytes: count, received: sum.toString('hex') }
    })
  },
  async echo (host, { peer, bytes }) {
    return await using(host, peer, ECHO, async (stream, reader) => {
      const written = writeMany(stream, pattern, bytes).then(() => stream.close())
      const { count, sum } = await reader.digest()
      await written
      return { bytes: count, received: sum.toString('hex') }
    })
  },
  async 'half-close' (host, { peer }) {
    return await using(host, peer, HALF, async (stream, reader) => {
      await write(stream, Buffer.from('question'))
      await stream.close()
      return { text: (await reader.all()).toString() }
    })
  },
  // Asks the other side to reset, and says how that looks here.
  async reset (host, { peer }) {
    return await using(host, peer, RESET, async (stream, reader) => {
      await write(stream, Buffer.of(1))
      return { outcome: await outcome(reader) }
    })
  },
  // Resets a stream whose other side says later how that looked there.
  async 'reset-by-us' (host, { peer }) {
    return await using(host, peer, OBSERVE, async (stream, reader) => {
      await write(stream, Buffer.of(1))
      await reader.exactly(1)
      return {}
    })
  },
  // Says how the streams ended that others reset.
  async observed (host) {
    return { outcomes: host.outcomes.splice(0) }
  },
  // Opens many, and uses them only when all are open.
  async streams (host, { peer, count }) {
    const connection = host.node.getConnections(peerIdFromString(peer))[0]
    const all = []
    try {
      while (all.length < count) {
        all.push(await connection.newStream(ECHO, { ...STREAMS, signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) }))
      }
      await Promise.all(all.map(async (stream, number) => {
        const reader = new Reader(stream)
        const sent = Buffer.alloc(1024, Buffer.of(number, number >> 8, 42, 7))
        await write(stream, sent)
        await stream.close()
        const back = await reader.all()
        if (!sent.equals(back)) throw new Error(`${back.length} bytes came back, and others than were sent`)
      }))
      return { answered: all.length }
    } finally {
      for (const stream of all) if (stream.status === 'open') stream.abort(new Error('done'))
    }
  },
  // Writes to a reader that does not read, until it is held up.
  async flood (host, { peer, bytes }) {
    const connection = host.node.getConnections(peerIdFromString(peer))[0]
    const stream = await connection.newStream(SLOW, { ...STREAMS, signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) })
    const reader = new Reader(stream)
    let given = 0
    while (given < bytes) {
      given += 16 * 1024
      if (!stream.send(zeros.subarray(0, 16 * 1024))) {
        try {
          await stream.onDrain({ signal: AbortSignal.timeout(HELD_UP_MILLISECONDS) })
        } catch {
          break
        }
      }
    }
    const number = host.floods.size + 1
    host.floods.set(number, { stream, reader, given })
    return { flood: number, written: given - stream.writeBufferLength }
  },
  // Ends a flood, and says what the reader has got in the end.
  async 'flood-end' (host, { flood }) {
    const { stream, reader, given } = host.floods.get(flood)
    await stream.close()
    const sum = createHash('sha256')
    for (let left = given; left > 0; left -= 16 * 1024) sum.update(zeros.subarray(0, 16 * 1024))
    return { sent: sum.digest('hex'), received: (await reader.all()).toString('hex') }
  },
  // Lets all readers that are held up go on.
  async release (host) {
    host.release()
    host.released = new Promise((resolve) => { host.release = resolve })
    return {}
  },
  // Moves "up" and then "down" bytes over each of "count" streams at once; the time is that of all of them.
  async perf (host, { peer, up = 0, down = 0, count = 1 }) {
    const one = (sent, wanted) => using(host, peer, PERF, async (stream, reader) => {
      await write(stream, bigEndian(wanted))
      await writeMany(stream, zeros, sent)
      await stream.close()
      const received = await reader.discard()
      if (received !== wanted) throw new Error(`${received} bytes came, not ${wanted}`)
    })
    const together = async (sent, wanted) => {
      if (sent === 0 && wanted === 0) return 0
      const start = performance.now()
      await Promise.all(Array.from({ length: count }, () => one(sent, wanted)))
      return (performance.now() - start) / 1000
    }
    return { up_seconds: await together(up, 0), down_seconds: await together(0, down) }
  }
}
