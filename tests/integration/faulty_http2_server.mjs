// An HTTP/2 server with TLS that answers as it is told.
//
//     node faulty_http2_server.mjs CERTIFICATE KEY
//
// Each line of its input is a JSON object: {"id": a number, "answers": {ACCEPT: SCRIPT}, "now":
// SCRIPT}. A request is answered by the script for its Accept header; what is to be done "now" is
// done with every connection. A script is a list of [STEP, ARGUMENT]; bytes are Latin-1. Prints
// "port N" once it listens, and to each line "done ID POSTS", with the POSTs it has seen.
import { readFileSync } from "node:fs";
import { constants, createSecureServer } from "node:http2";
import { createInterface } from "node:readline";
import { setImmediate, setTimeout } from "node:timers/promises";

const sockets = new Set();
const sessions = new Set();
let answers = {};
let posts = 0;
const ignore = () => {}; // Broken connections are what it is for.

const ended = (emitter) => new Promise((resolve) => emitter.once("close", resolve));
const end_connections = (end) =>
  Promise.all([...sockets].map((socket) => (end(socket), ended(socket))));

const steps = {
  // The end of the body comes with its last bytes.
  answer: ([headers, bytes], stream) => {
    stream.respond(headers);
    stream.end(Buffer.from(bytes, "latin1"));
  },
  // Waiting for trailers keeps node from marking the end of the stream before a reset.
  respond: (headers, stream) => stream.respond(headers, { waitForTrailers: true }),
  respond_and_finish: (headers, stream) => stream.respond(headers, { endStream: true }),
  write: (bytes, stream) =>
    new Promise((resolve) => stream.write(Buffer.from(bytes, "latin1"), resolve)),
  pause: (milliseconds) => setTimeout(milliseconds),
  // An answer to a ping comes after all that was sent before it has been read.
  await_peer: (_, stream) => new Promise((resolve) => stream.session.ping(resolve)),
  ping: () => sessions.forEach((session) => session.ping(ignore)),
  flush: () => setImmediate(), // What was sent so far is a TLS record of its own.
  finish: (_, stream) => {
    stream.on("wantTrailers", () => stream.sendTrailers({}));
    stream.end();
  },
  reset_stream: (code, stream) => stream.close(constants[code]),
  go_away: () => sessions.forEach((session) => session.goaway(constants.NGHTTP2_NO_ERROR)),
  close_connections: () => end_connections((socket) => socket.destroy()),
  reset_connections: () => end_connections((socket) => socket.resetAndDestroy()),
};

async function run(script, stream) {
  for (const [step, argument] of script) {
    if (stream?.destroyed) return;
    await steps[step](argument, stream);
  }
}

const [cert, key] = process.argv.slice(2).map((file) => readFileSync(file));
const server = createSecureServer({ cert, key, maxSendHeaderBlockLength: 1 << 20 });

const keep_while_open = (set) => (member) => {
  member.on("error", ignore);
  member.on("close", () => set.delete(member));
  set.add(member);
};
server.on("connection", keep_while_open(sockets));
server.on("session", keep_while_open(sessions));
server.on("stream", (stream, headers) => {
  if (headers[":method"] === "POST") posts += 1;
  stream.on("error", ignore);
  stream.on("end", () => run(answers[headers["accept"]], stream));
  stream.resume();
});

async function obey(line) {
  const { id, answers: given, now = [] } = JSON.parse(line);
  if (given) answers = given;
  await run(now);
  await setImmediate(); // What has arrived by now is read and counted.
  console.log(`done ${id} ${posts}`);
}

server.listen(0, "127.0.0.1", () => {
  console.log(`port ${server.address().port}`);
  createInterface({ input: process.stdin }).on("line", obey);
});
