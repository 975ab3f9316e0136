// An HTTP/2 server that goes wrong as the path of a request says: /FAULT always, /FAULT/N in the
// N-th request only. /long gets a stream of 20,000 chunks. Anything else gets a chat completion of "one two", plain or streamed.
//
//     node http2_faults.mjs CERTIFICATE KEY
//
// Prints "port N" once it listens, "session" for each connection, and a line for each request that
// has arrived whole.
import { readFileSync } from "node:fs";
import { constants, createSecureServer } from "node:http2";

const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants;

const chunk = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({ id: "c-1", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;

const streamed = {
  head: { ":status": 200, "content-type": "text/event-stream" },
  first_half: chunk({ role: "assistant", content: "one" }),
  second_half: chunk({ content: " two" }) + chunk({}, "stop") + "data: [DONE]\n\n",
};
const plain = {
  head: { ":status": 200, "content-type": "application/json" },
  first_half: '{"id":"c-1","choices":[{"index":0,"message":{"role":"assistant","content":"one',
  second_half: ' two"},"finish_reason":"stop"}]}',
};

function give(stream, answer) {
  stream.respond(answer.head);
  stream.end(answer.first_half + answer.second_half);
}

// Waiting for trailers keeps node from marking the end of the stream before a reset.
function give_first_half(stream, answer, then) {
  stream.respond(answer.head, { waitForTrailers: true });
  stream.write(answer.first_half, () => setImmediate(then));
}

function give_second_half(stream, answer) {
  stream.on("wantTrailers", () => stream.sendTrailers({}));
  stream.end(answer.second_half);
}

const faults = {
  "refuse": (stream) => stream.close(NGHTTP2_REFUSED_STREAM),
  "reset": (stream) => stream.close(NGHTTP2_INTERNAL_ERROR),
  "reset-midway": (stream, answer) =>
    give_first_half(stream, answer, () => stream.close(NGHTTP2_INTERNAL_ERROR)),
  "reset-without-error-midway": (stream, answer) =>
    give_first_half(stream, answer, () => stream.close(NGHTTP2_NO_ERROR)),
  // This stream is beyond the last one that the server says it will answer. Not for request 1:
  // node cannot say "none".
  "go-away": (stream) => stream.session.goaway(NGHTTP2_NO_ERROR, stream.id - 2),
  "go-away-and-close": (stream) => {
    stream.session.goaway(NGHTTP2_NO_ERROR, stream.id);
    stream.session.destroy();
  },
  "go-away-and-close-midway": (stream, answer) =>
    give_first_half(stream, answer, () => faults["go-away-and-close"](stream)),
  "go-away-midway-and-finish": (stream, answer) =>
    give_first_half(stream, answer, () => {
      stream.session.goaway(NGHTTP2_NO_ERROR, stream.id);
      give_second_half(stream, answer);
    }),
  "long": (stream, answer) => {
    stream.respond(answer.head);
    const filling = "x".repeat(1000);
    for (let i = 0; i < 20000; i += 1) stream.write(chunk({ content: `${i} ${filling}` }));
    stream.end(answer.second_half);
  },
  "stall-midway": (stream, answer) => give_first_half(stream, answer, () => {}),
};

let requests = 0;

function serve(stream, headers) {
  requests += 1;
  console.log(`${headers[":method"]} ${headers[":path"]}`);
  const answer = headers["accept"] === plain.head["content-type"] ? plain : streamed;
  const [, fault, number] = headers[":path"].split("/");
  const strikes = fault in faults && !(Number(number) !== requests && Number(number) > 0);
  (strikes ? faults[fault] : give)(stream, answer);
}

const [cert, key] = process.argv.slice(2).map((file) => readFileSync(file));
const server = createSecureServer({ cert, key });
const ignore = () => {}; // Broken streams are what it is for.
server.on("session", (session) => {
  console.log("session");
  session.on("error", ignore);
});
server.on("stream", (stream, headers) => {
  stream.on("error", ignore);
  stream.on("end", () => serve(stream, headers));
  stream.resume();
});
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
