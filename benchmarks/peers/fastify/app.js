// Fastify on Node.js with onnxruntime-node and fast-png, without its logger; one process, as installed.
// The session has one thread (more only wait for each other with so small a network), and runs on Node's own
// threads, so that requests go on while one is computed.

import Fastify from 'fastify'
import { decode } from 'fast-png'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const session = await InferenceSession.create(process.env.MODEL, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
})
const server = Fastify({ logger: false })

server.addContentTypeParser('image/png', { parseAs: 'buffer' }, (request, body, done) => done(null, body))

const schema = {
  response: {
    200: {
      type: 'object',
      properties: { digit: { type: 'integer' }, probabilities: { type: 'array', items: { type: 'number' } } },
    },
  },
}

server.post('/predict', { schema }, async (request) => {
  const { width, height, channels, data } = decode(request.body)
  if (width !== 28 || height !== 28 || channels !== 1) {
    throw Object.assign(new Error('send a grey picture of 28x28'), { statusCode: 422 })
  }
  const image = new Tensor('uint8', data, [1, 28, 28, 1])
  const { probabilities } = await session.run({ image }, ['probabilities'])
  const values = Array.from(probabilities.data)
  return { digit: values.indexOf(Math.max(...values)), probabilities: values }
})

await server.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
