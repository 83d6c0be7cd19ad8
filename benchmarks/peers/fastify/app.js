// Fastify on Node.js with onnxruntime-node and sharp, without its logger; one process, as installed.
// The session has one thread (more only wait for each other with so small a network). It runs on Node's own
// threads, and so does sharp, so that requests go on while one is computed.

import Fastify from 'fastify'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import sharp from 'sharp'

const session = await InferenceSession.create(process.env.MODEL, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
})
const server = Fastify({ logger: false })

const files = ['image/png', 'image/jpeg']
server.addContentTypeParser(files, { parseAs: 'buffer' }, (request, body, done) => done(null, body))

const schema = {
  response: {
    200: {
      type: 'object',
      properties: { digit: { type: 'integer' }, probabilities: { type: 'array', items: { type: 'number' } } },
    },
  },
}

// Decode a picture, resize it to 28x28, and make it light on dark.
async function prepare(file) {
  const pixels = await sharp(file).removeAlpha().greyscale().resize(28, 28, { fit: 'fill' }).raw().toBuffer()
  const mean = pixels.reduce((sum, level) => sum + level, 0) / pixels.length
  return mean > 127 ? pixels.map((level) => 255 - level) : pixels
}

server.post('/predict', { schema }, async (request) => {
  const image = new Tensor('uint8', await prepare(request.body), [1, 28, 28, 1])
  const { probabilities } = await session.run({ image }, ['probabilities'])
  const values = Array.from(probabilities.data)
  return { digit: values.indexOf(Math.max(...values)), probabilities: values }
})

await server.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
