import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { makeKey } from '../fixtures/key-set.ts'
import { createTestServer, type TestServer, type TestServerOptions } from '../testing.ts'

const path = '/.well-known/jwks.json'
const open: TestServer[] = []

afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function serve(options?: TestServerOptions): Promise<TestServer> {
  const server = await createTestServer(options)
  open.push(server)
  return server
}

const kidsIn = (body: unknown) => (body as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)

describe.each(['EdDSA', 'ES256', 'RS256'] as const)('with %s keys', (alg) => {
  it('other services check our tokens by them, also after a key was exchanged', async () => {
    const first = makeKey('first', { alg })
    const server = await serve({ settings: { jwtKeySet: { algorithm: alg, keys: [first] } } })
    const origin = await server.app.listen({ host: '127.0.0.1', port: 0 })
    const keySet = createRemoteJWKSet(new URL(path, origin), { cooldownDuration: 0 })
    const verify = (token: string) =>
      jwtVerify(token, keySet, { issuer: 'tasklane', audience: 'tasklane', typ: 'at+jwt' })

    const early = await server.backend.signUp()
    expect(decodeProtectedHeader(early.signedIn.accessToken)).toEqual({ alg, kid: 'first', typ: 'at+jwt' })
    const { payload } = await verify(early.signedIn.accessToken)
    expect(payload).toMatchObject({ sub: early.signedIn.user.id, email: early.email })

    const iat = Math.floor(Date.now() / 1000) - 3600
    server.backend.dependencies.signingKeys.replace([first, makeKey('second', { alg, iat })])
    const late = await server.backend.signUp()
    expect(decodeProtectedHeader(late.signedIn.accessToken).kid).toBe('second')
    await verify(late.signedIn.accessToken)
    await verify(early.signedIn.accessToken)
    const headers = { authorization: `Bearer ${early.signedIn.accessToken}` }
    expect((await server.app.inject({ url: '/trpc/auth.me', headers })).statusCode, 'still signed in').toBe(
      200,
    )
  })
})

describe('the public keys', () => {
  const keys = [makeKey('a'), makeKey('b', { alg: 'ES256' }), makeKey('c', { alg: 'RS256' })]
  const settings = { jwtKeySet: { algorithm: 'EdDSA' as const, keys } }

  it('are all there is of them', async () => {
    const { app } = await serve({ settings })
    const res = await app.inject(path)
    expect(res.statusCode).toBe(200)
    expect(res.headers['content-type']).toBe('application/jwk-set+json')
    const body = res.json<{ keys: Record<string, unknown>[] }>()
    expect(body).toEqual({
      keys: [
        { kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: 'a', alg: 'EdDSA', use: 'sig' },
        {
          ...{ kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String) },
          ...{ kid: 'b', alg: 'ES256', use: 'sig' },
        },
        { kty: 'RSA', n: expect.any(String), e: 'AQAB', kid: 'c', alg: 'RS256', use: 'sig' },
      ],
    })
    const secrets = keys.flatMap((key) =>
      ['d', 'p', 'q', 'dp', 'dq', 'qi'].map((name) => Reflect.get(key, name)),
    )
    for (const secret of secrets.filter(Boolean)) expect(res.body).not.toContain(secret)
  })

  it('may be kept for less long than a key is published before it signs', async () => {
    const { app } = await serve({ settings })
    expect((await app.inject(path)).headers['cache-control']).toBe('public, max-age=300')
  })

  it('answer HEAD as GET, without a body', async () => {
    const { app } = await serve({ settings })
    const [get, head] = await Promise.all([app.inject(path), app.inject({ method: 'HEAD', url: path })])
    expect(head.statusCode).toBe(200)
    expect(head.body).toBe('')
    for (const name of ['content-type', 'content-length', 'cache-control', 'access-control-allow-origin']) {
      expect(head.headers[name]).toBe(get.headers[name])
    }
  })

  it('may be read by every page, without its credentials', async () => {
    const { app } = await serve({ settings, corsOrigins: ['https://app.example.com'] })
    for (const origin of ['https://app.example.com', 'https://anywhere.example.net', undefined]) {
      const { headers } = await app.inject({ url: path, headers: { ...(origin && { origin }) } })
      expect(headers['access-control-allow-origin']).toBe('*')
      expect(headers).not.toHaveProperty('access-control-allow-credentials')
    }
    const asked = {
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    }
    const headers = { origin: 'https://anywhere.example.net', ...asked }
    const preflight = await app.inject({ method: 'OPTIONS', url: path, headers })
    expect(preflight.statusCode).toBe(204)
    expect(preflight.headers['access-control-allow-origin']).toBe('*')
    expect(preflight.headers['access-control-allow-methods']).toBe('GET, HEAD')
  })

  it('are none with a secret', async () => {
    const { app } = await serve()
    const res = await app.inject(path)
    expect([res.statusCode, res.json()]).toEqual([200, { keys: [] }])
  })

  it('show a new key before it signs', async () => {
    const { app, backend } = await serve({ settings })
    const iat = Math.floor(Date.now() / 1000)
    backend.dependencies.signingKeys.replace([...keys, makeKey('new', { iat })])
    expect(kidsIn((await app.inject(path)).json())).toContain('new')
    const kid = async () => decodeProtectedHeader((await backend.signUp()).signedIn.accessToken).kid
    expect(await kid()).toBe('a')
    backend.advanceSeconds(610)
    expect(await kid()).toBe('new')
  })
})

it.each(['POST', 'PUT', 'DELETE'] as const)('%s is not for it', async (method) => {
  const { app } = await serve()
  const res = await app.inject({ method, url: path })
  expect([res.statusCode, res.json<{ code: string }>().code]).toEqual([405, 'METHOD_NOT_SUPPORTED'])
})
