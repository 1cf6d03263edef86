// What Node's `ws` does with the same task: a message comes in by POST, every socket gets it as one JSON frame.
//
// The event has the shape and the size of Plixa's; it is encoded once for all sockets. Nothing is stored.
// Run as: node server.js PORT

'use strict';

const http = require('node:http');
const { WebSocketServer } = require('ws');

let offset = 0;

function eventOf(upsert) {
  const { key, message, messageTimestamp } = upsert.data;
  const at = new Date().toISOString();
  const sentAt = new Date(messageTimestamp * 1000).toISOString();
  const id = 100000 + ++offset;
  const content = { type: 'text', body: message.conversation };
  return {
    offset,
    type: 'message.received',
    at,
    data: {
      conversation_id: 1042,
      message: {
        id,
        conversation_id: 1042,
        direction: 'inbound',
        ...content,
        media: null,
        extra: null,
        quoted_message_id: null,
        author: { kind: 'contact', id: null, name: null },
        status: 'received',
        error: null,
        evolution_message_id: key.id,
        reactions: null,
        edited_at: null,
        deleted_at: null,
        created_at: sentAt,
      },
      conversation: {
        id: 1042,
        updated_at: at,
        unread_count: 1,
        last_message: { id, direction: 'inbound', ...content, created_at: sentAt },
      },
    },
  };
}

function receive(request, respond) {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => respond(JSON.parse(Buffer.concat(chunks))));
}

const server = http.createServer((request, response) => {
  receive(request, (upsert) => {
    const frame = JSON.stringify(eventOf(upsert));
    for (const socket of sockets.clients) socket.send(frame);
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 });
    response.end('ok');
  });
});
const sockets = new WebSocketServer({ server });

server.listen(Number(process.argv[2]), '127.0.0.1');
