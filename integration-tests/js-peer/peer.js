// A scriptable js-libp2p peer for the interoperability tests and the benchmarks. Reads one JSON command a line on stdin and
// writes one JSON answer a line on stdout, which carries the command's id. One process holds as many hosts as are asked for,
// each of one transport, one secure channel and one kind of key. Hosts listen on loopback and dial what they are told to.
//
//   {"id":1,"do":"host","name":"a","transport":"tcp","security":"noise","key":"ed25519"} -> {"id":1,"event":"ok","peer":…,"address":…}
//   {"id":2,"do":"dial","host":"a","address":"/ip4/127.0.0.1/tcp/…/p2p/…"}                -> {"id":2,"event":"ok","peer":…}
//
// go-peer/main.go answers the same commands. A host with "services":true has Kademlia and GossipSub as well, whose commands
// are in services.js; it writes {"event":"message",…} for what it hears on its topics.
import { createInterface } from 'node:readline'
import { createHost, hostCommands } from './host.js'
import { serviceCommands } from './services.js'
import { streamCommands } from './streams.js'

const say = (event) => process.stdout.write(JSON.stringify(event) + '\n')
const hosts = new Map()
const commands = { ...hostCommands, ...streamCommands, ...serviceCommands }

async function run (command) {
  if (command.do === 'host') {
    const host = await createHost(command, say)
    hosts.set(command.name, host)
    return { peer: host.node.peerId.toString(), address: host.node.getMultiaddrs()[0].toString() }
  }
  if (command.do === 'settle') {
    globalThis.gc?.() // there if Node runs with --expose-gc
    return {}
  }
  const host = hosts.get(command.host)
  const wanted = commands[command.do]
  if (host == null || wanted == null) {
    throw new Error(`no host "${command.host}" or no command "${command.do}"`)
  }
  return await wanted(host, command)
}

// What a library throws outside of any call must not end the process: the cell that waits for an answer says what is wrong.
process.on('unhandledRejection', (error) => process.stderr.write(`unhandled: ${error?.stack ?? error}\n`))
process.on('uncaughtException', (error) => process.stderr.write(`uncaught: ${error?.stack ?? error}\n`))

say({ event: 'ready' })
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  if (command.do === 'stop') break
  // Commands run side by side: a look-up does not hold up a ping.
  run(command)
    .then((answer) => say({ id: command.id, event: 'ok', ...answer }))
    .catch((error) => say({ id: command.id, event: 'failed', message: `${error.name}: ${error.message}` }))
}
process.exit(0)
